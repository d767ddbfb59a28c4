using System.IO.Compression;
using System.Xml.Linq;

namespace Foof.Build.Tests.Packages;

/// <summary>What is in a package's file.</summary>
internal sealed class Package
{
    private static readonly string[] Envelope = ["_rels/", "package/", "[Content_Types].xml"];

    /// <summary>Reads a file.</summary>
    internal Package(string file)
    {
        using var archive = ZipFile.OpenRead(file);
        Files = archive
            .Entries.Where(entry => !Array.Exists(Envelope, entry.FullName.StartsWith))
            .ToDictionary(entry => entry.FullName, Bytes);
    }

    /// <summary>
    /// The files by their paths, without those of the format itself, which name the time of packing.
    /// </summary>
    internal IReadOnlyDictionary<string, byte[]> Files { get; }

    /// <summary>Its description's elements by their names.</summary>
    internal IReadOnlyDictionary<string, XElement> Metadata
    {
        get
        {
            var nuspec = Files.Single(file => file.Key.EndsWith(".nuspec", StringComparison.Ordinal));
            return XDocument
                .Load(new MemoryStream(nuspec.Value))
                .Root!.Elements()
                .Single()
                .Elements()
                .ToDictionary(element => element.Name.LocalName);
        }
    }

    /// <summary>The files whose names end so, of this repository's projects.</summary>
    internal IEnumerable<KeyValuePair<string, byte[]>> Own(string ending) =>
        Files.Where(file =>
            file.Key.EndsWith(ending, StringComparison.Ordinal)
            && Path.GetFileName(file.Key).StartsWith("foof", StringComparison.OrdinalIgnoreCase)
        );

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using var source = entry.Open();
        using var target = new MemoryStream();
        source.CopyTo(target);
        return target.ToArray();
    }
}
