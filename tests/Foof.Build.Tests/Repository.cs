using System.Xml.Linq;
using Foof.Tests;

namespace Foof.Build.Tests;

/// <summary>The checkout's projects, as files.</summary>
internal static class Repository
{
    private static readonly string[] ProjectFolders = ["src", "tests", "validation", "bench", "samples"];

    internal static string Root => Checkout.Root;

    /// <summary>Every project's path, relative to the root.</summary>
    internal static string[] Projects { get; } =
    [
        .. ProjectFolders
            .Select(folder => Path.Combine(Root, folder))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.*proj", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(Root, file))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>This machine's packages, restored when the tests were built.</summary>
    internal static string Packages { get; } =
        Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } folder
            ? folder
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    /// <summary>The version that the projects take of a package.</summary>
    internal static string VersionOf(string package) =>
        Read("Directory.Packages.props")
            .Descendants("PackageVersion")
            .Single(version => (string?)version.Attribute("Include") == package)
            .Attribute("Version")!
            .Value;

    internal static XDocument Read(string file) => XDocument.Load(Path.Combine(Root, file));
}
