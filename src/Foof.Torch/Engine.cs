using System.Runtime.InteropServices;
using TorchSharp.Native;

namespace Foof.Torch;

/// <summary>Which native libraries the tensors run on. The first question loads them.</summary>
public static class Engine
{
    /// <summary>The version of the libtorch that this was compiled against, and runs on.</summary>
    public static unsafe string TorchVersion =>
        Marshal.PtrToStringUTF8((nint)NativeMethods.foof_torch_version())!;

    /// <summary>The file of the loaded libtorch, or null where the system does not tell.</summary>
    public static string? TorchFile => Loaded("libtorch_cpu.so");

    /// <summary>The file that BLAS calls go to, or null where the system does not tell.</summary>
    public static string? BlasFile => Loaded("libblas.so") ?? Loaded("libopenblas");

    /// <summary>Where the native library is, or should be: beside the program, or where packages keep it.</summary>
    public static string NativeFile => NativeLibraries.NativeFile;

    /// <summary>
    /// Gives the memory of freed large tensors back to the system. It is kept for the next ones, as much as was lately in use
    /// at once and 64 MB beyond.
    /// </summary>
    public static void GiveBackMemory() => NativeMethods.foof_give_back_memory();

    /// <summary>
    /// Whether the processor multiplies numbers of 16 bits, which serve in place of bfloat16, twice as fast as float32.
    /// </summary>
    public static bool HasFixedPoint => NativeMethods.foof_fixed_point_available() != 0;

    private static string? Loaded(string prefix)
    {
        // Any call into the native library makes sure that all of them are there.
        _ = TorchVersion;
        return NativeLibraries.LoadedFiles(prefix).FirstOrDefault();
    }
}
