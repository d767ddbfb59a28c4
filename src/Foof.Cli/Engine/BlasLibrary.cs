using System.Runtime.InteropServices;

namespace Foof.Cli.Engine;

/// <summary>What an OpenBLAS says about itself.</summary>
/// <param name="File">The library's file.</param>
/// <param name="Configuration">Its version and build, or null when it is no OpenBLAS.</param>
/// <param name="Threading">How it makes threads, or null when it is no OpenBLAS.</param>
internal sealed record BlasLibrary(string File, string? Configuration, BlasThreading? Threading)
{
    /// <summary>
    /// Whether it computes by the code for the Prescott of 2004, as it does where it does not know the processor.
    /// </summary>
    internal bool HasOldestKernels => Configuration?.Split(' ').Contains("Prescott") ?? false;

    /// <summary>Asks the library in a file, which is loaded already.</summary>
    internal static unsafe BlasLibrary Ask(string file)
    {
        if (!NativeLibrary.TryLoad(file, out var handle))
            return new(file, null, null);
        try
        {
            var configuration = NativeLibrary.TryGetExport(handle, "openblas_get_config", out var config)
                ? Marshal.PtrToStringUTF8((nint)((delegate* unmanaged<byte*>)config)())
                : null;
            BlasThreading? threading = NativeLibrary.TryGetExport(
                handle,
                "openblas_get_parallel",
                out var parallel
            )
                ? (BlasThreading)((delegate* unmanaged<int>)parallel)()
                : null;
            return new(file, configuration?.Trim(), threading);
        }
        finally
        {
            NativeLibrary.Free(handle);
        }
    }
}
