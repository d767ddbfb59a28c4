using System.Collections.Concurrent;

namespace Foof.Build.Tests;

/// <summary>
/// Libraries depend only on TorchSharp; programs and tests take the libtorch that the build chooses.
/// </summary>
public sealed class BackendTests(BackendTests.Evaluations evaluations) : IClassFixture<BackendTests.Evaluations>
{
    // Not every registry has these backends, so projects are only evaluated with them.
    private const string Cuda = "TorchSharp-cuda-linux";

    public static TheoryData<string> Projects => new(Repository.Projects);

    [Theory]
    [MemberData(nameof(Projects))]
    public void Programs_and_tests_take_the_chosen_backend_and_libraries_none(string project)
    {
        var evaluation = evaluations.Of(project);
        var runs = evaluation.Values["OutputType"] == "Exe" || evaluation.Has("IsTestProject");
        Assert.Equal(runs ? [Cuda] : [], evaluation.Packages.Where(IsBackend));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_project_names_a_backend_itself(string project) =>
        Assert.DoesNotContain(
            Repository.Read(project).Descendants("PackageReference"),
            reference => IsBackend((string?)reference.Attribute("Include") ?? "")
        );

    [Fact]
    public void The_core_depends_on_TorchSharp() =>
        Assert.Contains("TorchSharp", evaluations.Of("src/Foof.Core.fs/Foof.Core.fsproj").Packages);

    [Fact]
    public void The_processor_is_the_default()
    {
        var backend = Evaluation.Of(Repository.Projects[0], backend: "").Values["TorchBackend"];
        Assert.Equal(OperatingSystem.IsLinux() ? "libtorch-cpu-linux-x64" : "TorchSharp-cpu", backend);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_project_fails_on_warnings_and_every_library_is_documented(string project)
    {
        var evaluation = evaluations.Of(project);
        Assert.True(evaluation.Has("TreatWarningsAsErrors"));
        if (project.StartsWith("src/", StringComparison.Ordinal))
            Assert.True(evaluation.Has("GenerateDocumentationFile"));
    }

    private static bool IsBackend(string package) =>
        package.StartsWith("libtorch-", StringComparison.OrdinalIgnoreCase)
        || package.StartsWith("TorchSharp-", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Every project's evaluation with another backend than the default, made once, a few at a time.
    /// </summary>
    public sealed class Evaluations
    {
        private readonly ConcurrentDictionary<string, Evaluation> found = new();

        public Evaluations() =>
            Parallel.ForEach(
                Repository.Projects,
                new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
                project => found[project] = Evaluation.Of(project, Cuda)
            );

        internal Evaluation Of(string project) => found[project];
    }
}
