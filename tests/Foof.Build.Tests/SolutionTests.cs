namespace Foof.Build.Tests;

/// <summary>What is not in the solution is neither built nor tested by <c>./test</c>.</summary>
public sealed class SolutionTests
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(Repository.Root, "Foof.sln"));

    public static TheoryData<string> Projects => new(Repository.Projects);

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_project_is_in_the_solution(string project) =>
        Assert.Single(Lines, line => line.Contains($"\"{project.Replace('/', '\\')}\"", StringComparison.Ordinal));

    [Fact]
    public void The_solution_has_the_classic_format() =>
        Assert.Contains(
            Lines,
            line => line.StartsWith("Microsoft Visual Studio Solution File", StringComparison.Ordinal)
        );
}
