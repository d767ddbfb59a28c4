using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;

namespace Foof;

/// <summary>Reads the header of a safetensors file whose content is not trusted.</summary>
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
        if (length > SafetensorsHeader.MostBytes)
            throw Damaged(
                $"the header's length at offset 0 must be at most {SafetensorsHeader.MostBytes} bytes; "
                    + $"found {length}"
            );
        var least = SafetensorsHeader.LengthBytes + (long)length;
        if (least > size)
            throw Damaged(
                $"the file must have {least} bytes or more, as the header's length at offset 0 says; "
                    + $"it has {size}"
            );
        var text = new byte[length];
        stream.ReadExactly(text);
        return text;
    }

    /// <summary>Returns the entries in the header's order, and the texts.</summary>
    /// <param name="text">The header.</param>
    /// <param name="size">How many bytes the file has.</param>
    internal (TensorEntry[] Entries, IReadOnlyDictionary<string, string> Metadata) Parse(
        byte[] text,
        long size
    )
    {
        try
        {
            if (!Utf8.IsValid(text))
                throw Unexpected("UTF-8", text, FirstInvalid(text));
            using var json = JsonDocument.Parse(text);
            var properties = Properties(json.RootElement, "the header at offset 8");
            var metadata = properties.Remove(SafetensorsHeader.MetadataName, out var texts)
                ? Metadata(texts)
                : new OrderedDictionary<string, string>();
            var reader = new EntryReader(Damaged);
            TensorEntry[] entries =
            [
                .. properties.Select(property => reader.Read(property.Key, property.Value)),
            ];
            // The end may be any number below 2^63, so that the sum needs more bits.
            var needed = (Int128)SafetensorsHeader.LengthBytes + text.Length + reader.End(entries);
            if (needed != size)
                throw Damaged($"the file must have {needed} bytes, as its header says; it has {size}");
            return (entries, metadata);
        }
        catch (JsonException error)
        {
            throw Unexpected("a JSON object of texts and tensors", text, Place(text, error));
        }
        catch (InvalidOperationException)
        {
            throw Damaged(
                "the header at offset 8 must be JSON of whole characters; found half of a surrogate pair"
            );
        }
    }

    private static int FirstInvalid(byte[] text)
    {
        Utf8.ToUtf16(text, new char[text.Length], out var place, out _, replaceInvalidSequences: false);
        return place;
    }

    // JSON errors count lines, and bytes within the last one.
    private static int Place(ReadOnlySpan<byte> text, JsonException error)
    {
        var place = 0;
        for (var line = error.LineNumber; line > 0; line--)
            place += text[place..].IndexOf((byte)'\n') + 1;
        return place + (int)(error.BytePositionInLine ?? 0);
    }

    private InvalidDataException Unexpected(string requirement, byte[] text, int place)
    {
        var found =
            place == text.Length ? "its end"
            : text[place] is > (byte)' ' and <= (byte)'~' ? $"'{(char)text[place]}'"
            : $"the byte 0x{text[place]:x2}";
        return Damaged(
            $"the header must be {requirement}; found {found} at offset {SafetensorsHeader.LengthBytes + place}"
        );
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

    private InvalidDataException Damaged(string sentence) => new($"{path} is damaged: {sentence}.");
}
