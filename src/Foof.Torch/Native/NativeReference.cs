namespace TorchSharp.Native;

/// <summary>
/// A tensor's hold on its native tensor, with the finaliser that a forgotten tensor needs.
/// </summary>
/// <remarks>
/// Registering an object for finalisation and taking it off again costs a fifth of a small operator. So the
/// tensor itself has no finaliser; this object has, and it is reused when the tensor is disposed: only what
/// nobody disposes pays.
/// </remarks>
internal sealed class NativeReference
{
    private nint pointer;
    private long bytes;

    ~NativeReference()
    {
        if (pointer != 0)
            Free(PerThread.Current);
    }

    /// <summary>The native tensor.</summary>
    internal nint Pointer => pointer;

    /// <summary>The bytes of elements that it alone keeps alive.</summary>
    internal long Bytes => bytes - NativeMemory.HandleBytes;

    /// <summary>Takes over <paramref name="native"/>.</summary>
    internal static NativeReference To(nint native, long bytes, PerThread thread)
    {
        var reference = thread.Rent();
        reference.pointer = native;
        reference.bytes = bytes + NativeMemory.HandleBytes;
        thread.Count(reference.bytes);
        return reference;
    }

    /// <summary>Frees the native tensor; the object waits for another.</summary>
    internal void Release()
    {
        var thread = PerThread.Current;
        Free(thread);
        thread.Return(this);
    }

    /// <summary>Gives the native tensor up without freeing it.</summary>
    internal nint Decouple()
    {
        var thread = PerThread.Current;
        var released = pointer;
        pointer = 0;
        thread.Count(-bytes);
        thread.Return(this);
        return released;
    }

    private void Free(PerThread thread)
    {
        var doomed = pointer;
        pointer = 0;
        NativeMethods.foof_free(doomed);
        torch.Tensor.CountFreed();
        thread.Count(-bytes);
    }
}
