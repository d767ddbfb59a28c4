using TorchSharp.Native;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>
/// Tensors in an optimiser's state file, as in a module's: type, number of dimensions and shape in LEB128, elements.
/// </summary>
internal static class StateStream
{
    private const int MostDimensions = 64;

    internal static void Write(BinaryWriter writer, Tensor tensor)
    {
        var shape = tensor.shape;
        writer.Write7BitEncodedInt64((long)tensor.dtype);
        writer.Write7BitEncodedInt64(shape.Length);
        foreach (var length in shape)
            writer.Write7BitEncodedInt64(length);
        ElementStream.Write(writer.BaseStream, tensor);
    }

    /// <exception cref="InvalidDataException">The stream holds something else.</exception>
    /// <exception cref="EndOfStreamException">The stream ends early.</exception>
    internal static Tensor Read(BinaryReader reader, Device device)
    {
        var (number, dimensions) = (Number(reader), Number(reader));
        if (
            number is < 0 or > sbyte.MaxValue
            || !Enum.IsDefined((ScalarType)number)
            || dimensions is < 0 or > MostDimensions
        )
            throw new InvalidDataException(
                $"The state holds a tensor of type {number} in {dimensions} dimensions."
            );
        var type = (ScalarType)number;
        var shape = new long[dimensions];
        for (var i = 0; i < shape.Length; i++)
            shape[i] = Number(reader);
        var stream = reader.BaseStream;
        var most = stream.CanSeek ? stream.Length - stream.Position : long.MaxValue;
        if (ElementStream.Size(shape, type, most) is null)
            throw new InvalidDataException(
                $"The state holds a tensor of shape [{string.Join(", ", shape)}], but only "
                    + $"{most} bytes follow."
            );
        using var tensor = ElementStream.Read(stream, shape, type);
        return Aten.ToCopy.Call(tensor, Value.None, Value.None, device);
    }

    /// <summary>A number in LEB128.</summary>
    /// <exception cref="InvalidDataException">It takes more than ten bytes.</exception>
    /// <exception cref="EndOfStreamException">The stream ends early.</exception>
    internal static long Number(BinaryReader reader)
    {
        try
        {
            return reader.Read7BitEncodedInt64();
        }
        catch (FormatException error)
        {
            throw new InvalidDataException("The state holds a number that is none; it is damaged.", error);
        }
    }
}
