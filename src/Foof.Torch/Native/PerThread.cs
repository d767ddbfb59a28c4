namespace TorchSharp.Native;

/// <summary>What each thread keeps for the tensors that it makes and frees: one look-up reaches it all.</summary>
internal sealed class PerThread
{
    private const int MostSpare = 256;
    private const long MostPendingBytes = 256 << 10;

    [ThreadStatic]
    private static PerThread? current;

    private readonly NativeReference?[] spare = new NativeReference?[MostSpare];
    private int spareCount;
    private long pendingBytes;

    /// <summary>The calling thread's.</summary>
    internal static PerThread Current => current ??= new();

    /// <summary>The innermost scope.</summary>
    internal DisposeScope? Scope { get; set; }

    /// <summary>A reference to fill in: a spare one if there is any.</summary>
    internal NativeReference Rent()
    {
        if (spareCount == 0)
            return new();
        // A slot that kept the reference would keep a forgotten tensor from its finaliser.
        ref var slot = ref spare[--spareCount];
        var reference = slot!;
        slot = null;
        return reference;
    }

    /// <summary>Keeps an emptied reference for the next tensor.</summary>
    internal void Return(NativeReference reference)
    {
        if (spareCount < MostSpare)
            spare[spareCount++] = reference;
    }

    /// <summary>Counts native bytes, many small ones at a time: the shared counter costs more than adding.</summary>
    internal void Count(long bytes)
    {
        pendingBytes += bytes;
        if (pendingBytes is > MostPendingBytes or < -MostPendingBytes)
        {
            NativeMemory.Add(pendingBytes);
            pendingBytes = 0;
        }
    }
}
