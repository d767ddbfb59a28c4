using TorchSharp.Native;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Tensors in an optimiser's state file: type, number of dimensions, shape, elements.</summary>
internal static unsafe class StateStream
{
    private const int MostDimensions = 64;
    private const int ChunkBytes = 1 << 20;
    private const long Contiguous = 0;

    internal static void Write(BinaryWriter writer, Tensor tensor)
    {
        var shape = tensor.shape;
        writer.Write((byte)tensor.dtype);
        writer.Write((byte)shape.Length);
        foreach (var length in shape)
            writer.Write(length);
        using var copy = Aten.ToCopy.Call(tensor, Value.None, Value.None, CPU, Value.None, false, Contiguous);
        var size = copy.numel() * copy.element_size();
        if (size > 0)
            new UnmanagedMemoryStream((byte*)NativeMethods.foof_data(copy.Handle), size).CopyTo(
                writer.BaseStream
            );
        GC.KeepAlive(copy);
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
        var size = Size(shape, type, reader.BaseStream);
        using var tensor = Aten.EmptyMemoryFormat.Call(shape, type, Value.None, CPU);
        var target = (byte*)NativeMethods.foof_data(tensor.Handle);
        for (long done = 0; done < size; done += ChunkBytes)
            reader.BaseStream.ReadExactly(
                new Span<byte>(target + done, (int)Math.Min(ChunkBytes, size - done))
            );
        return Aten.ToCopy.Call(tensor, Value.None, Value.None, device);
    }

    private static long Size(long[] shape, ScalarType type, Stream stream)
    {
        var most = stream.CanSeek ? stream.Length - stream.Position : long.MaxValue;
        var size = shape.Contains(0) ? 0 : type.ElementSize();
        foreach (var length in shape)
        {
            if (length < 0 || (length > 0 && size > most / length))
                throw new InvalidDataException(
                    $"The state holds a tensor of shape [{string.Join(", ", shape)}], but only "
                        + $"{most} bytes follow."
                );
            size *= length;
        }
        return size;
    }
}
