namespace Foof.Build.Tests;

/// <summary>Versions are chosen in Directory.Packages.props and nowhere else.</summary>
public sealed class PackageVersionTests
{
    private static readonly string[] SharedFiles = ["Directory.Build.props", "Directory.Build.targets"];

    public static TheoryData<string> Files =>
        new(
            Repository
                .Projects.Concat(SharedFiles)
                .Concat(SharedFiles.Select(file => Path.Combine("tests", file)))
                .Where(file => File.Exists(Path.Combine(Repository.Root, file)))
        );

    [Theory]
    [MemberData(nameof(Files))]
    public void No_project_chooses_a_version(string file)
    {
        string[] choices = ["Version", "VersionOverride"];
        var chosen = Repository
            .Read(file)
            .Descendants("PackageReference")
            .Where(reference =>
                choices.Any(choice => reference.Attribute(choice) is not null || reference.Element(choice) is not null)
            );
        Assert.Empty(chosen);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_package_that_is_used_has_a_central_version(string file)
    {
        var central = Repository
            .Read("Directory.Packages.props")
            .Descendants("PackageVersion")
            .Select(version => (string)version.Attribute("Include")!)
            .ToHashSet();
        var used = Repository
            .Read(file)
            .Descendants("PackageReference")
            .Select(reference => (string)reference.Attribute("Include")!)
            .Where(name => !name.StartsWith("$(", StringComparison.Ordinal));
        Assert.Subset(central, used.ToHashSet());
    }

    [Fact]
    public void Central_versions_are_switched_on_once_and_never_off()
    {
        var switches = Repository
            .Projects.Concat(SharedFiles)
            .Append("Directory.Packages.props")
            .SelectMany(file => Repository.Read(file).Descendants("ManagePackageVersionsCentrally"));
        Assert.Equal("true", Assert.Single(switches).Value);
    }
}
