using TorchSharp.Native;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Tensors in an optimiser's state file: type, number of dimensions, shape, elements.</summary>
internal static class StateStream
{
    private const int MostDimensions = 64;

    internal static void Write(BinaryWriter writer, Tensor tensor)
    {
        var shape = tensor.shape;
        writer.Write((byte)tensor.dtype);
        writer.Write((byte)shape.Length);
        foreach (var length in shape)
            writer.Write(length);
        ElementStream.Write(writer.BaseStream, tensor);
    }

    /// <exception cref="InvalidDataException">The stream holds something else.</exception>
    /// <exception cref="EndOfStreamException">The stream ends early.</exception>
    internal static Tensor Read(BinaryReader reader, Device device)
    {
        var type = (ScalarType)reader.ReadSByte();
        var shape = new long[reader.ReadByte()];
        if (!Enum.IsDefined(type) || shape.Length > MostDimensions)
            throw new InvalidDataException(
                $"The state holds a tensor of type {type} in {shape.Length} dimensions."
            );
        for (var i = 0; i < shape.Length; i++)
            shape[i] = reader.ReadInt64();
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
}
