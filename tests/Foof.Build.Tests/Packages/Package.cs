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
            .Entries.Select(entry => entry.FullName)
            .Where(name => !Array.Exists(Envelope, name.StartsWith))
            .ToDictionary(name => name, name => new Lazy<byte[]>(() => Bytes(file, name)));
    }

    /// <summary>
    /// The files by their paths, without those of the format itself, which name the time of packing. Each is
    /// read when it is asked for: libtorch is half a gigabyte.
    /// </summary>
    internal IReadOnlyDictionary<string, Lazy<byte[]>> Files { get; }

    /// <summary>Its description's elements by their names.</summary>
    internal IReadOnlyDictionary<string, XElement> Metadata
    {
        get
        {
            var nuspec = Files.Single(file => file.Key.EndsWith(".nuspec", StringComparison.Ordinal));
            return XDocument
                .Load(new MemoryStream(nuspec.Value.Value))
                .Root!.Elements()
                .Single()
                .Elements()
                .ToDictionary(element => element.Name.LocalName);
        }
    }

    /// <summary>The files whose names end so, of this repository's projects.</summary>
    internal IEnumerable<KeyValuePair<string, byte[]>> Own(string ending) =>
        Files
            .Where(file =>
                file.Key.EndsWith(ending, StringComparison.Ordinal)
                && Path.GetFileName(file.Key).StartsWith("foof", StringComparison.OrdinalIgnoreCase)
            )
            .Select(file => KeyValuePair.Create(file.Key, file.Value.Value));

    private static byte[] Bytes(string file, string name)
    {
        using var archive = ZipFile.OpenRead(file);
        using var source = archive.GetEntry(name)!.Open();
        using var target = new MemoryStream();
        source.CopyTo(target);
        return target.ToArray();
    }
}
