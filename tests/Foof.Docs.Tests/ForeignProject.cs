using System.Text.RegularExpressions;
using System.Xml.Linq;
using Foof.Tests;

namespace Foof.Docs.Tests;

/// <summary>
/// A user's project outside the checkout. Foof's packages come from a folder, made of what was built; all
/// others come from this machine's cache of packages, or from the registry if the cache lacks them.
/// </summary>
internal sealed partial class ForeignProject : IDisposable
{
    private const string Packages = "NUGET_PACKAGES";

    private static readonly string[] Libraries =
    [
        "src/Foof.Core.fs/Foof.Core.fsproj",
        "src/Foof.CSharp/Foof.CSharp.csproj",
        "src/Foof.Laplace/Foof.Laplace.csproj",
    ];

    private readonly string root = Directory.CreateTempSubdirectory("foof-foreign-").FullName;

    /// <summary>Its folder.</summary>
    internal string Folder => Made("project");

    private string Feed => Made("feed");

    private static string Version { get; } =
        XDocument.Load(Path.Combine(Checkout.Root, "Directory.Build.props")).Descendants("Version").Single().Value;

    // The folder's name is what ./test and a plain build call their configuration.
    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Name;

    private static string Cache =>
        Environment.GetEnvironmentVariable(Packages) is { Length: > 0 } folder
            ? folder
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    /// <summary>Packs the libraries that Foof's users have, without building anything.</summary>
    internal async Task Pack()
    {
        foreach (var library in Libraries)
            await Succeed(
                Checkout.Root,
                [],
                ["pack", library, "-c", Configuration, "--no-build", "-o", Feed, "-nologo", "-nodeReuse:false"]
            );
    }

    /// <summary>Writes a project with the packages that a page adds by <c>dotnet add package</c>.</summary>
    internal async Task Write(string page, IReadOnlyList<string> program)
    {
        var packages = AddPackage()
            .Matches(File.ReadAllText(Path.Combine(Checkout.Root, page)))
            .Select(match => (Name: match.Groups[1].Value, Version: match.Groups[2].Value))
            .ToArray();
        Assert.NotEmpty(packages);
        await Fetch(packages.Where(package => !IsOwn(package.Name)));
        File.WriteAllLines(Path.Combine(Folder, "Program.cs"), program);
        WriteProject(Folder, packages);
        WriteConfiguration(page);
    }

    // The page's own nuget.config, with the folder where it is here.
    private void WriteConfiguration(string page)
    {
        var shown = Example
            .Of(page)
            .First(example => example.Language == "xml" && example.Code[0] == "<configuration>");
        var configuration = XElement.Parse(string.Join('\n', shown.Code));
        var source = configuration.Element("packageSources")!.Elements("add").Single();
        Assert.Equal("../packages", source.Attribute("value")!.Value);
        source.SetAttributeValue("value", Feed);
        var machine = new XElement("add", new XAttribute("key", "machine"), new XAttribute("value", Others()));
        configuration.Add(new XElement("fallbackPackageFolders", machine));
        configuration.Save(Path.Combine(Folder, "nuget.config"));
    }

    /// <summary>Builds it as a user does, and returns what the program wrote.</summary>
    internal async Task<string> BuildAndRun()
    {
        // The native libraries of a backend take 0.5 GB, so they are links if the system allows it.
        string[] small = ["-p:CreateHardLinksForCopyLocalIfPossible=true", "-nodeReuse:false", "-nologo"];
        await Succeed(Folder, Own, ["build", "-c", "Release", "-o", "out", .. small]);
        return await Succeed(Folder, Own, ["out/project.dll"]);
    }

    // A backend's 280 MB come from the registry once for this machine, and not for every run of the tests.
    private async Task Fetch(IEnumerable<(string Name, string Version)> packages)
    {
        var folder = Made("fetch");
        WriteProject(folder, packages);
        await Succeed(folder, [], ["restore", "-nologo", "-nodeReuse:false"]);
    }

    private static void WriteProject(string folder, IEnumerable<(string Name, string Version)> packages) =>
        UserProject.Write(
            Path.Combine(folder, "project.csproj"),
            packages.Select(package => (package.Name, IsOwn(package.Name) ? Version : package.Version))
        );

    private static bool IsOwn(string package) => package.StartsWith("foof", StringComparison.OrdinalIgnoreCase);

    private Dictionary<string, string> Own => new() { [Packages] = Made("packages") };

    // Packages in the cache are used without a copy, except Foof's, of which the cache may have an earlier
    // build.
    private string Others()
    {
        var folder = Made("machine");
        foreach (var package in Directory.Exists(Cache) ? Directory.EnumerateDirectories(Cache) : [])
            if (!IsOwn(Path.GetFileName(package)))
                Directory.CreateSymbolicLink(Path.Combine(folder, Path.GetFileName(package)), package);
        return folder;
    }

    private string Made(string name) => Directory.CreateDirectory(Path.Combine(root, name)).FullName;

    private static async Task<string> Succeed(string folder, Dictionary<string, string> environment, string[] arguments)
    {
        var (code, output) = await Programs.Run(folder, environment, arguments);
        Assert.True(code == 0, $"dotnet {string.Join(' ', arguments)}\n{output}");
        return output;
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    [GeneratedRegex(@"^dotnet add package (\S+)(?: --version (\S+))?", RegexOptions.Multiline)]
    private static partial Regex AddPackage();
}
