using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// Lays out and writes the header of a safetensors file; <see cref="HeaderReader"/> reads it.
/// </summary>
internal static class SafetensorsHeader
{
    internal const string MetadataName = "__metadata__";
    internal const int LengthBytes = 8;
    internal const long MostBytes = 100_000_000;
    private const int Alignment = 8;

    /// <summary>
    /// Gives each tensor its place: the widest elements first, otherwise in the given order.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// A name occurs twice or is reserved, a tensor is null, or a type cannot be saved.
    /// </exception>
    internal static TensorEntry[] Lay(KeyValuePair<string, Tensor>[] tensors)
    {
        CheckNames(tensors.Select(pair => pair.Key), nameof(tensors));
        foreach (var (name, tensor) in tensors)
            if (tensor is null)
                throw new ArgumentException($"Each name must have a tensor; '{name}' is null.", nameof(tensors));
        var entries = new TensorEntry[tensors.Length];
        long end = 0;
        foreach (
            var (place, (name, tensor)) in tensors.Index().OrderByDescending(t => ElementType.Size(t.Item.Value.dtype))
        )
        {
            var begin = end;
            end += tensor.NumberOfElements * ElementType.Size(tensor.dtype);
            entries[place] = new(name, tensor.dtype, tensor.shape, begin, end);
        }
        return entries;
    }

    private static void CheckNames(IEnumerable<string> names, string argument)
    {
        var seen = new HashSet<string>();
        foreach (var name in names)
            if (!seen.Add(name))
                throw new ArgumentException($"Names must differ; got '{name}' twice.", argument);
        if (seen.Contains(MetadataName))
            throw new ArgumentException($"The name {MetadataName} is reserved for texts.", argument);
    }

    /// <summary>The length and the JSON text, padded with spaces to a multiple of eight bytes.</summary>
    internal static byte[] Encode(TensorEntry[] entries, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text))
            Write(json, entries, [.. metadata]);
        var padded = (text.WrittenCount + Alignment - 1) / Alignment * Alignment;
        if (padded > MostBytes)
            throw new ArgumentException($"The header must not exceed {MostBytes} bytes; got {padded}.");
        var header = new byte[LengthBytes + padded];
        BinaryPrimitives.WriteInt64LittleEndian(header, padded);
        text.WrittenSpan.CopyTo(header.AsSpan(LengthBytes));
        header.AsSpan(LengthBytes + text.WrittenCount).Fill((byte)' ');
        return header;
    }

    private static void Write(Utf8JsonWriter json, TensorEntry[] entries, KeyValuePair<string, string>[] metadata)
    {
        json.WriteStartObject();
        if (metadata.Length > 0)
        {
            CheckNames(metadata.Select(pair => pair.Key), nameof(metadata));
            json.WriteStartObject(MetadataName);
            foreach (var (name, text) in metadata)
                json.WriteString(name, text);
            json.WriteEndObject();
        }
        foreach (var entry in entries)
            Write(json, entry);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, TensorEntry entry)
    {
        json.WriteStartObject(entry.Name);
        json.WriteString("dtype", ElementType.Name(entry.Type));
        json.WriteStartArray("shape");
        foreach (var length in entry.Shape)
            json.WriteNumberValue(length);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(entry.Begin);
        json.WriteNumberValue(entry.End);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Reads and checks the header; afterwards the stream is at the first element.</summary>
    /// <exception cref="InvalidDataException">The header is damaged.</exception>
    internal static (TensorEntry[] Entries, IReadOnlyDictionary<string, string> Metadata) Read(
        Stream stream,
        string path
    )
    {
        var reader = new HeaderReader(path);
        var text = reader.Text(stream);
        return reader.Parse(text, stream.Length);
    }
}

/// <summary>
/// One tensor in the header of a safetensors file; offsets count from the end of the header.
/// </summary>
internal sealed record TensorEntry(string Name, ScalarType Type, long[] Shape, long Begin, long End);
