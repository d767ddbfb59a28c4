namespace TorchSharp.Native;

/// <summary>
/// Keeps a loop that disposes nothing flat: counts the native bytes that only unreachable tensors may still
/// hold, and lets the finaliser catch up when they have grown too much since the last look.
/// </summary>
/// <remarks>
/// <c>GC.AddMemoryPressure</c> alone is not enough: it asks for a collection at moments of its own and never
/// waits for finalisers, so a loop that makes a megabyte in some microseconds outruns them by gigabytes.
/// Here the loop itself pays: past the allowance it collects the youngest generation, where dead temporaries
/// are, then older ones only if that freed too little. The allowance follows what is truly in use, so a
/// program with a large live model is not collected at every step.
/// </remarks>
internal static class NativeMemory
{
    /// <summary>A handle costs this much even without elements: TensorImpl, storage, autograd's metadata.</summary>
    internal const long HandleBytes = 512;

    private const long LeastAllowance = 128L << 20;

    private static readonly Lock Collecting = new();
    private static long live;
    private static long threshold = LeastAllowance;

    /// <summary>The native bytes that live handles account for.</summary>
    internal static long Live => Interlocked.Read(ref live);

    internal static void Add(long bytes)
    {
        if (Interlocked.Add(ref live, bytes) > Volatile.Read(ref threshold))
            Collect();
    }

    private static void Collect()
    {
        // One thread collects; the others go on, their tensors are counted already.
        if (!Collecting.TryEnter())
            return;
        try
        {
            var before = Live;
            if (before <= threshold)
                return;
            for (var generation = 0; generation <= GC.MaxGeneration; generation++)
            {
                GC.Collect(generation, GCCollectionMode.Forced, blocking: true);
                GC.WaitForPendingFinalizers();
                if (Live <= threshold / 2)
                    break;
            }
            Volatile.Write(
                ref threshold,
                Math.Max(LeastAllowance, Live + Math.Max(LeastAllowance, Live / 2))
            );
        }
        finally
        {
            Collecting.Exit();
        }
    }
}
