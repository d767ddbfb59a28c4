namespace Foof.Build.Tests;

/// <summary>The tensor engine is swapped in every project that uses one, and in no other.</summary>
public sealed class FlavourTests(Flavours flavours) : IClassFixture<Flavours>
{
    private const string Engine = "Foof.Torch";

    private static readonly string[] Bound = [Engine, "Foof.Torch.Tests"];

    public static TheoryData<string> Projects => new(Repository.Projects);

    /// <summary>All but the engine itself and its tests, which exist only in the system flavour.</summary>
    public static TheoryData<string> FreeProjects =>
        new(Repository.Projects.Where(project => !Bound.Contains(Path.GetFileNameWithoutExtension(project))));

    [Theory]
    [MemberData(nameof(FreeProjects))]
    public void The_system_flavour_refers_to_our_engine_and_to_no_package(string project)
    {
        var evaluation = flavours.System(project);
        Assert.Equal(evaluation.Has("UsesTorch"), evaluation.Projects.Contains(Engine));
        Assert.DoesNotContain(evaluation.Packages, IsTorchSharp);
    }

    [Theory]
    [MemberData(nameof(FreeProjects))]
    public void The_package_flavour_refers_to_the_chosen_package_and_not_to_our_engine(string project)
    {
        var evaluation = flavours.Package(project);
        Assert.DoesNotContain(Engine, evaluation.Projects);
        string[] expected = evaluation.Has("UsesTorch") ? ["TorchSharp", Flavours.CudaPackage] : [];
        Assert.Equal(expected, evaluation.Packages.Where(IsTorchSharp));
    }

    [Theory]
    [MemberData(nameof(FreeProjects))]
    public void The_flavours_differ_in_the_engine_alone(string project)
    {
        var system = flavours.System(project);
        var package = flavours.Package(project);
        Assert.Equal(system.Projects.Where(name => name != Engine), package.Projects);
        Assert.Equal(system.Packages, package.Packages.Where(name => !IsTorchSharp(name)));
    }

    [Theory]
    [MemberData(nameof(FreeProjects))]
    public void No_project_names_an_engine_itself(string project)
    {
        var named = Repository
            .Read(project)
            .Descendants()
            .Select(element => (string?)element.Attribute("Include") ?? "")
            .Where(include => Path.GetFileNameWithoutExtension(include) == Engine || IsTorchSharp(include));
        Assert.Empty(named);
    }

    [Fact]
    public void Some_project_uses_an_engine() =>
        Assert.Contains(Repository.Projects, project => flavours.System(project).Has("UsesTorch"));

    [Fact]
    public void The_package_of_the_processor_is_the_default()
    {
        var project = Repository.Projects.First(project => flavours.System(project).Has("UsesTorch"));
        Assert.Contains("TorchSharp-cpu", Evaluation.Of(project, "-p:TorchFlavour=package").Packages);
    }

    [Theory]
    [InlineData("Restore")]
    [InlineData("Build")]
    public void An_unknown_flavour_is_refused_by_name(string target)
    {
        var (code, output) = MSBuild.Run(Repository.Projects[0], "-t:" + target, "-p:TorchFlavour=pakage");
        Assert.NotEqual(0, code);
        Assert.Contains("TorchFlavour must be 'system'", output, StringComparison.Ordinal);
        Assert.Contains("got 'pakage'", output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_source_project_fails_on_warnings_and_is_documented(string project)
    {
        var evaluation = flavours.System(project);
        Assert.True(evaluation.Has("TreatWarningsAsErrors"));
        if (project.StartsWith("src/", StringComparison.Ordinal))
            Assert.True(evaluation.Has("GenerateDocumentationFile"));
    }

    private static bool IsTorchSharp(string package) =>
        package.Split('-', '.')[0].Equals("TorchSharp", StringComparison.OrdinalIgnoreCase);
}
