using System.Text;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>
/// TorchSharp's file of a module's state: the number of tensors, then of each its name, type, number of
/// dimensions, shape and elements; numbers in LEB128, names in UTF-8 after their length in bytes.
/// </summary>
internal static class ModuleFile
{
    private const int MostDimensions = 64;
    private const int MostNameBytes = 1 << 16;
    private static readonly UTF8Encoding Names = new(false, throwOnInvalidBytes: true);

    internal static void Write(BinaryWriter writer, IReadOnlyCollection<KeyValuePair<string, Tensor>> state)
    {
        writer.Write7BitEncodedInt64(state.Count);
        foreach (var (name, tensor) in state)
        {
            var bytes = Names.GetBytes(name);
            writer.Write7BitEncodedInt64(bytes.Length);
            writer.Write(bytes);
            writer.Write7BitEncodedInt64((long)tensor.dtype);
            var shape = tensor.shape;
            writer.Write7BitEncodedInt64(shape.Length);
            foreach (var length in shape)
                writer.Write7BitEncodedInt64(length);
            ElementStream.Write(writer.BaseStream, tensor);
        }
    }

    /// <summary>
    /// The names in the file, and the tensors of those that <paramref name="own"/> has, on the processor; they
    /// are the caller's. Elements of others are passed over, so memory is bounded by the module's.
    /// </summary>
    /// <exception cref="InvalidDataException">The file is none of these, or ends early.</exception>
    /// <exception cref="ArgumentException">A tensor has another type or shape than the module's.</exception>
    internal static (List<string> Names, Dictionary<string, Tensor> Tensors) Read(
        BinaryReader reader,
        IReadOnlyDictionary<string, Tensor> own
    )
    {
        var names = new List<string>();
        var seen = new HashSet<string>();
        var tensors = new Dictionary<string, Tensor>();
        try
        {
            for (var left = reader.Read7BitEncodedInt64(); left != 0; left--)
            {
                if (left < 0)
                    throw Foreign($"it counts {left} tensors");
                var name = ReadName(reader);
                if (!seen.Add(name))
                    throw Foreign($"it holds '{name}' twice");
                names.Add(name);
                if (ReadTensor(reader, name, own.GetValueOrDefault(name)) is { } tensor)
                    tensors.Add(name, tensor);
            }
            return (names, tensors);
        }
        catch (Exception error)
        {
            foreach (var tensor in tensors.Values)
                tensor.Dispose();
            if (error is EndOfStreamException)
                throw new InvalidDataException(
                    "The file of a module's state ends early; it is damaged.",
                    error
                );
            if (error is FormatException or DecoderFallbackException)
                throw Foreign("a number or a name in it is none");
            throw;
        }
    }

    private static string ReadName(BinaryReader reader)
    {
        var length = reader.Read7BitEncodedInt64();
        if (length is < 0 or > MostNameBytes)
            throw Foreign($"a name in it takes {length} bytes");
        var bytes = reader.ReadBytes((int)length);
        return bytes.Length == length ? Names.GetString(bytes) : throw new EndOfStreamException();
    }

    private static Tensor? ReadTensor(BinaryReader reader, string name, Tensor? own)
    {
        var number = reader.Read7BitEncodedInt64();
        var dimensions = reader.Read7BitEncodedInt64();
        if (dimensions is < 0 or > MostDimensions)
            throw Foreign($"'{name}' has {dimensions} dimensions");
        var shape = new long[dimensions];
        for (var i = 0; i < shape.Length; i++)
            shape[i] = reader.Read7BitEncodedInt64();
        if (number is < 0 or > sbyte.MaxValue || !Enum.IsDefined((ScalarType)number))
            throw Foreign($"'{name}' has elements of type {number}");
        var type = (ScalarType)number;
        if (own is null)
        {
            ElementStream.Skip(
                reader.BaseStream,
                ElementStream.Size(shape, type, long.MaxValue) ?? throw Foreign($"'{name}' has {Text(shape)}")
            );
            return null;
        }
        if (type != own.dtype || !shape.SequenceEqual(own.shape))
            throw new ArgumentException(
                $"The file's tensor '{name}' must be {own.dtype} of {Text(own.shape)} like the module's; "
                    + $"got {type} of {Text(shape)}. Nothing was loaded."
            );
        return ElementStream.Read(reader.BaseStream, shape, type);
    }

    private static string Text(long[] shape) => $"shape [{string.Join(", ", shape)}]";

    private static InvalidDataException Foreign(string what) =>
        new($"The file must hold a module's state as save() writes it, but {what}. Nothing was loaded.");
}
