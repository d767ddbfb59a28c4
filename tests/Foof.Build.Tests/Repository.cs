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

    internal static XDocument Read(string file) => XDocument.Load(Path.Combine(Root, file));
}
