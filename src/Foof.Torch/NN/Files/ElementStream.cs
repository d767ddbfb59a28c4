using TorchSharp.Native;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>The elements of tensors in streams, row by row, without anything around them.</summary>
internal static unsafe class ElementStream
{
    private const int ChunkBytes = 1 << 20;
    private const long Contiguous = 0;

    internal static void Write(Stream stream, Tensor tensor)
    {
        using var copy = Aten.ToCopy.Call(tensor, Value.None, Value.None, CPU, Value.None, false, Contiguous);
        var size = copy.numel() * copy.element_size();
        if (size > 0)
            new UnmanagedMemoryStream((byte*)NativeMethods.foof_data(copy.Handle), size).CopyTo(stream);
        GC.KeepAlive(copy);
    }

    /// <summary>A new tensor on the processor, filled from the stream.</summary>
    /// <exception cref="EndOfStreamException">The stream ends early.</exception>
    internal static Tensor Read(Stream stream, long[] shape, ScalarType type)
    {
        var tensor = Aten.EmptyMemoryFormat.Call(shape, type, Value.None, CPU);
        try
        {
            var size = tensor.numel() * tensor.element_size();
            var target = (byte*)NativeMethods.foof_data(tensor.Handle);
            for (long done = 0; done < size; done += ChunkBytes)
                stream.ReadExactly(new Span<byte>(target + done, (int)Math.Min(ChunkBytes, size - done)));
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <exception cref="EndOfStreamException">The stream ends early.</exception>
    internal static void Skip(Stream stream, long bytes)
    {
        var chunk = new byte[(int)Math.Min(bytes, ChunkBytes)];
        for (; bytes > 0; bytes -= chunk.Length)
            stream.ReadExactly(chunk, 0, (int)Math.Min(bytes, chunk.Length));
    }

    /// <summary>The bytes that a tensor takes, or null where they are more than <paramref name="most"/>.</summary>
    internal static long? Size(long[] shape, ScalarType type, long most)
    {
        long size = shape.Contains(0) ? 0 : type.ElementSize();
        foreach (var length in shape)
        {
            if (length < 0 || (length > 0 && size > most / length))
                return null;
            size *= length;
        }
        return size <= most ? size : null;
    }
}
