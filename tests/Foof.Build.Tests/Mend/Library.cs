using System.Text;

namespace Foof.Build.Tests.Mend;

/// <summary>The file of a native library, with what the mend reads: sections, and the versions that it asks for.</summary>
internal sealed class Library
{
    private const int Header = 64;
    private const int Section = 64;
    private const int Record = 16;

    private readonly Dictionary<(string, string), int> flags = [];

    /// <summary>A library that asks these libraries for these versions.</summary>
    internal Library(params (string Name, string[] Versions)[] needs)
    {
        var strings = new List<byte> { 0 };
        var records = needs.Sum(need => 1 + need.Versions.Length) * Record;
        var file = new List<byte>(new byte[Header]);
        foreach (var (name, versions) in needs)
        {
            var last = name == needs[^1].Name;
            Add(file, 1, 2);
            Add(file, versions.Length, 2);
            Add(file, Text(strings, name), 4);
            Add(file, Record, 4);
            Add(file, last ? 0 : (1 + versions.Length) * Record, 4);
            foreach (var version in versions)
            {
                flags[(name, version)] = file.Count + 4;
                Add(file, 0, 8);
                Add(file, Text(strings, version), 4);
                Add(file, version == versions[^1] ? 0 : Record, 4);
            }
        }
        file.AddRange(strings);
        var sections = file.Count;
        Add(file, 0, Section);
        AddSection(file, 0x6ffffffe, Header, link: 2);
        AddSection(file, 3, Header + records, link: 0);
        Bytes = [.. file];
        ((byte[])[0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1]).CopyTo(Bytes, 0);
        BitConverter.GetBytes((long)sections).CopyTo(Bytes, 0x28);
        BitConverter.GetBytes((short)Section).CopyTo(Bytes, 0x3a);
        BitConverter.GetBytes((short)3).CopyTo(Bytes, 0x3c);
    }

    internal byte[] Bytes { get; }

    /// <summary>Where the flags of one request are.</summary>
    internal int Flags(string name, string version) => flags[(name, version)];

    private static void AddSection(List<byte> file, int type, int offset, int link)
    {
        Add(file, 0, 4);
        Add(file, type, 4);
        Add(file, 0, 16);
        Add(file, offset, 8);
        Add(file, 0, 8);
        Add(file, link, 4);
        Add(file, 0, Section - 44);
    }

    private static int Text(List<byte> strings, string text)
    {
        var offset = strings.Count;
        strings.AddRange(Encoding.ASCII.GetBytes(text + "\0"));
        return offset;
    }

    private static void Add(List<byte> file, int value, int bytes)
    {
        for (var index = 0; index < bytes; index++)
            file.Add(index < 4 ? (byte)(value >> (8 * index)) : (byte)0);
    }
}
