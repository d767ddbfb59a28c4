using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;

namespace Foof;

/// <summary>Reads the header of a safetensors file whose content nobody vouches for.</summary>
/// <param name="path">The file, for messages.</param>
internal sealed class HeaderReader(string path)
{
    /// <summary>Reads the length and the text of the header.</summary>
    internal byte[] Text(Stream stream)
    {
        var size = stream.Length;
        if (size < SafetensorsHeader.LengthBytes)
            throw Damaged($"offset 0 must hold the header's length in 8 bytes; the file has {size}");
        Span<byte> prefix = stackalloc byte[SafetensorsHeader.LengthBytes];
        stream.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        var most = (ulong)Math.Min(size - SafetensorsHeader.LengthBytes, SafetensorsHeader.MostBytes);
        if (length > most)
            throw Damaged($"the header's length at offset 0 must be at most {most} bytes; found {length}");
        var text = new byte[length];
        stream.ReadExactly(text);
        return text;
    }

    /// <summary>The entries in the header's order, and the texts.</summary>
    /// <param name="text">The header.</param>
    /// <param name="dataBytes">How many bytes follow it.</param>
    internal (TensorEntry[] Entries, IReadOnlyDictionary<string, string> Metadata) Parse(
        byte[] text,
        long dataBytes
    )
    {
        try
        {
            if (!Utf8.IsValid(text))
                throw Damaged("the header at offset 8 must be UTF-8; found other bytes");
            using var json = JsonDocument.Parse(text);
            var properties = Properties(json.RootElement, "the header at offset 8");
            var metadata = properties.Remove(SafetensorsHeader.MetadataName, out var texts)
                ? Metadata(texts)
                : new OrderedDictionary<string, string>();
            var reader = new EntryReader(Damaged, dataBytes);
            TensorEntry[] entries =
            [
                .. properties.Select(property => reader.Read(property.Key, property.Value)),
            ];
            reader.CheckCover(entries);
            return (entries, metadata);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw Damaged($"the header at offset 8 must be JSON; found: {error.Message.TrimEnd('.')}");
        }
    }

    private OrderedDictionary<string, string> Metadata(JsonElement texts)
    {
        var metadata = new OrderedDictionary<string, string>();
        foreach (var (name, value) in Properties(texts, SafetensorsHeader.MetadataName))
            metadata.Add(
                name,
                value.ValueKind == JsonValueKind.String
                    ? value.GetString()!
                    : throw Damaged(
                        $"text '{name}' in {SafetensorsHeader.MetadataName} must be a string; "
                            + $"found {value.ValueKind}"
                    )
            );
        return metadata;
    }

    private OrderedDictionary<string, JsonElement> Properties(JsonElement json, string what) =>
        EntryReader.Properties(json, what, Damaged);

    private InvalidDataException Damaged(string sentence) => new($"{path}: {sentence}.");
}
