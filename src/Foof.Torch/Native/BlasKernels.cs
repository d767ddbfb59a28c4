using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace TorchSharp.Native;

/// <summary>The code by which OpenBLAS multiplies, where it does not know the processor.</summary>
/// <remarks>
/// It looks a processor's model up in a table when it is loaded. One that is newer than the library is not in it, and gets
/// the code for the Prescott of 2004, whatever it can do: on an Emerald Rapids with OpenBLAS 0.3.21, 65 Gflop/s in place of 302.
/// Whoever sets <c>OPENBLAS_CORETYPE</c> knows better.
/// </remarks>
internal static class BlasKernels
{
    private const string Setting = "OPENBLAS_CORETYPE";
    private const string Unknown = "Prescott";

    /// <summary>
    /// Names the kernels that suit the processor if the library in <paramref name="file"/> does not: before it is loaded for good.
    /// </summary>
    internal static void Choose(string file)
    {
        if (
            OperatingSystem.IsLinux()
            && !ProcessEnvironment.HasAny(Setting)
            && Better(ChosenBy(file), Avx2.IsSupported && Fma.IsSupported, Avx512F.IsSupported) is { } kernels
        )
            ProcessEnvironment.Set(Setting, kernels);
    }

    /// <summary>The kernels to take in place of those that OpenBLAS chose; null: those, or another library.</summary>
    internal static string? Better(string? chosen, bool hasAvx2, bool hasAvx512) =>
        chosen != Unknown ? null
        : hasAvx512 ? "SkylakeX"
        : hasAvx2 ? "Haswell"
        : null;

    /// <summary>The name of the kernels that the OpenBLAS in a file takes; null: none is there.</summary>
    internal static unsafe string? ChosenBy(string file)
    {
        if (!NativeLibrary.TryLoad(file, out var library))
            return null;
        try
        {
            return NativeLibrary.TryGetExport(library, "openblas_get_corename", out var name)
                ? Marshal.PtrToStringUTF8((nint)((delegate* unmanaged<byte*>)name)())
                : null;
        }
        finally
        {
            // The next to load it, unless another has it too, lets it choose again.
            NativeLibrary.Free(library);
        }
    }
}
