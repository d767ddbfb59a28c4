using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;
using static TorchSharp.torch;

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
    internal (TensorEntry[] Entries, IReadOnlyDictionary<string, string> Metadata) Parse(byte[] text, long size)
    {
        try
        {
            if (!Utf8.IsValid(text))
                throw Unexpected("UTF-8", text, FirstInvalid(text));
            using var json = JsonDocument.Parse(text);
            var properties = Properties(json.RootElement, "the header at offset 8");
            var hasTexts = properties.Remove(SafetensorsHeader.MetadataName, out var texts);
            var metadata =
                hasTexts && texts.ValueKind != JsonValueKind.Null
                    ? Metadata(texts)
                    : new OrderedDictionary<string, string>();
            var reader = new EntryReader(Damaged, Unsupported);
            TensorEntry[] entries = [.. properties.Select(property => reader.Read(property.Key, property.Value))];
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
            throw Damaged("the header at offset 8 must be JSON of whole characters; found half of a surrogate pair");
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

    private InvalidDataException Unsupported(string sentence) => new($"{path} cannot be read: {sentence}.");
}

/// <summary>Reads and checks the entries of a safetensors header, one tensor each.</summary>
/// <param name="damaged">Makes an error about a damaged file from a sentence.</param>
/// <param name="unsupported">Makes an error about a sound file from a sentence.</param>
internal sealed class EntryReader(
    Func<string, InvalidDataException> damaged,
    Func<string, InvalidDataException> unsupported
)
{
    private const int MostDimensions = 64;

    /// <summary>Returns the properties of an object in order; raises if a name occurs twice.</summary>
    internal static OrderedDictionary<string, JsonElement> Properties(
        JsonElement json,
        string what,
        Func<string, InvalidDataException> damaged
    )
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw damaged($"{what} must be an object; found {json.ValueKind}");
        var properties = new OrderedDictionary<string, JsonElement>();
        foreach (var property in json.EnumerateObject())
            if (!properties.TryAdd(property.Name, property.Value))
                throw damaged($"{what} must name each entry once; found '{property.Name}' twice");
        return properties;
    }

    /// <summary>
    /// Returns one tensor's entry; raises unless its type is known, its shape possible and its bytes as many
    /// as both need.
    /// </summary>
    internal TensorEntry Read(string name, JsonElement json)
    {
        var what = $"tensor '{name}'";
        var properties = Properties(json, what, damaged);
        var type = Type(what, Property(properties, what, "dtype"));
        var shape = Integers(Property(properties, what, "shape"), $"the shape of {what}");
        if (shape.Length > MostDimensions)
            throw damaged($"{what} must have at most {MostDimensions} dimensions; found {shape.Length}");
        var needed = Bytes(what, shape, type);
        var offsets = Integers(Property(properties, what, "data_offsets"), $"data_offsets of {what}");
        if (offsets is not [var begin, var end] || begin > end)
            throw damaged($"data_offsets of {what} must be two numbers, in order; found [{Join(offsets)}]");
        if (end - begin != needed)
            throw damaged(
                $"{what} of shape [{Shape.text(shape)}] must have {needed} bytes; "
                    + $"data_offsets [{Join(offsets)}] give {end - begin}"
            );
        return new(name, type, shape, begin, end);
    }

    private JsonElement Property(OrderedDictionary<string, JsonElement> properties, string what, string name) =>
        properties.TryGetValue(name, out var value)
            ? value
            : throw damaged($"{what} must have dtype, shape and data_offsets; found no {name}");

    private ScalarType Type(string what, JsonElement json)
    {
        var name = json.ValueKind == JsonValueKind.String ? json.GetString()! : json.ValueKind.ToString();
        if (ElementType.IsUnsupported(name))
            throw unsupported(
                $"{what} has the dtype {name}, which is not supported; convert it to one of {ElementType.Names}"
            );
        return ElementType.TryParse(name, out var type)
            ? type
            : throw damaged($"the dtype of {what} must be one of {ElementType.Names}; found '{name}'");
    }

    private long[] Integers(JsonElement json, string what)
    {
        if (json.ValueKind != JsonValueKind.Array)
            throw damaged($"{what} must be a list of numbers; found {json.ValueKind}");
        var numbers = new long[json.GetArrayLength()];
        foreach (var (place, element) in json.EnumerateArray().Index())
            if (
                element.ValueKind != JsonValueKind.Number
                || !element.TryGetInt64(out numbers[place])
                || numbers[place] < 0
            )
                throw damaged(
                    $"{what} must hold whole numbers from 0 to {long.MaxValue}; found {element.GetRawText()}"
                );
        return numbers;
    }

    private long Bytes(string what, long[] shape, ScalarType type)
    {
        // Strides are products of the other lengths, so these must fit even where one length is zero.
        Int128 widest = ElementType.Size(type);
        foreach (var length in shape)
        {
            widest *= Math.Max(1, length);
            if (widest > long.MaxValue)
                throw damaged($"{what} must have fewer than 2^63 bytes; found the shape [{Shape.text(shape)}]");
        }
        return shape.Contains(0) ? 0 : (long)widest;
    }

    /// <summary>Returns where the last entry ends; raises if entries overlap or leave a gap.</summary>
    internal long End(TensorEntry[] entries)
    {
        long reached = 0;
        foreach (var entry in entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            if (entry.Begin != reached)
                throw damaged(
                    $"tensor '{entry.Name}' must begin at data offset {reached}, where the one before ends; "
                        + $"found {entry.Begin}: {(entry.Begin < reached ? "an overlap" : "a gap")}"
                );
            reached = entry.End;
        }
        return reached;
    }

    private static string Join(long[] numbers) => string.Join(", ", numbers);
}
