using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// Reads and writes safetensors files: eight bytes with the header's length, a JSON header (type, shape and
/// offsets of each tensor, and texts), then the elements in row-major order, little-endian.
/// </summary>
/// <example>
/// <code>
/// Safetensors.Save("model.safetensors", model.state_dict());
/// using var content = Safetensors.Load("model.safetensors");
/// model.load_state_dict(content.Tensors.ToDictionary());
/// </code>
/// </example>
public static class Safetensors
{
    internal const long ChunkBytes = 1 << 24;

    /// <summary>
    /// Writes tensors of any layout, from any device, to a file, which is replaced only once everything is
    /// written.
    /// </summary>
    /// <remarks>
    /// Equal arguments give equal files. The header keeps the given order; the elements follow with the
    /// widest types first, so that each tensor is aligned.
    /// </remarks>
    /// <param name="path">The file to make or to replace.</param>
    /// <param name="tensors">Names and tensors; the tensors stay the caller's.</param>
    /// <param name="metadata">Texts to store with the tensors, in their order.</param>
    /// <exception cref="ArgumentException">
    /// A name occurs twice or is reserved, a tensor is null, or a type cannot be saved.
    /// </exception>
    public static void Save(
        string path,
        IEnumerable<KeyValuePair<string, Tensor>> tensors,
        IEnumerable<KeyValuePair<string, string>>? metadata = null
    )
    {
        ArgumentNullException.ThrowIfNull(tensors);
        KeyValuePair<string, Tensor>[] given = [.. tensors];
        var entries = SafetensorsHeader.Lay(given);
        var header = SafetensorsHeader.Encode(entries, metadata ?? []);
        AtomicFile.Write(
            path,
            stream =>
            {
                stream.Write(header);
                foreach (
                    var (tensor, _) in given.Select(pair => pair.Value).Zip(entries).OrderBy(pair => pair.Second.Begin)
                )
                    Write(stream, tensor);
            }
        );
    }

    /// <summary>
    /// Reads a file and trusts nothing in it: every length and offset is checked before memory is allocated.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <returns>The tensors on the processor, and the texts; the caller owns them.</returns>
    /// <exception cref="InvalidDataException">
    /// The file is damaged, or has elements of a type that is not supported; the message says where and how.
    /// </exception>
    public static SafetensorsContent Load(string path)
    {
        using var stream = File.OpenRead(path);
        var (entries, metadata) = SafetensorsHeader.Read(stream, path);
        var start = stream.Position;
        var tensors = new OrderedDictionary<string, Tensor>();
        var content = new SafetensorsContent(tensors, metadata);
        try
        {
            foreach (var entry in entries)
            {
                var tensor = empty(entry.Shape, dtype: entry.Type);
                tensors.Add(entry.Name, tensor);
                stream.Position = start + entry.Begin;
                Read(stream, tensor, entry, path);
            }
            return content;
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    private static void Write(Stream stream, Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        foreach (var chunk in Chunks(Flat(tensor)))
            stream.Write(chunk.bytes);
    }

    private static void Read(Stream stream, Tensor tensor, TensorEntry entry, string path)
    {
        using var scope = NewDisposeScope();
        foreach (var chunk in Chunks(tensor.flatten()))
        {
            var target = chunk.bytes;
            stream.ReadExactly(target);
            if (entry.Type == ScalarType.Bool && target.IndexOfAnyExceptInRange<byte>(0, 1) is >= 0 and var place)
                throw new InvalidDataException(
                    $"{path} is damaged: tensor '{entry.Name}' must hold 0 or 1 for each truth value; "
                        + $"found {target[place]} at offset {stream.Position - target.Length + place}."
                );
        }
    }

    /// <summary>
    /// Returns the elements in row-major order on the processor, in the caller's dispose scope.
    /// </summary>
    internal static Tensor Flat(Tensor tensor) => tensor.detach().cpu().contiguous().flatten();

    /// <summary>
    /// Returns parts of a flat tensor, since a span is limited to 2^31 bytes and a tensor is not.
    /// </summary>
    internal static IEnumerable<Tensor> Chunks(Tensor flat, long chunkBytes = ChunkBytes)
    {
        var step = chunkBytes / ElementType.Size(flat.dtype);
        var count = flat.NumberOfElements;
        for (long start = 0; start < count; start += step)
            yield return flat.narrow(0, start, Math.Min(step, count - start));
    }
}
