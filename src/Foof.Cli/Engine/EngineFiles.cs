using System.Runtime.InteropServices;

namespace Foof.Cli.Engine;

/// <summary>
/// Which libtorch and BLAS this process runs on: the one place where the two flavours differ.
/// </summary>
internal static class EngineFiles
{
#if FOOF_SYSTEM_TORCH
    /// <summary>Where the tensors come from.</summary>
    internal const string Flavour = "system";

    /// <summary>libtorch's version.</summary>
    internal static string TorchVersion => Torch.Engine.TorchVersion;

    /// <summary>libtorch's file, or null where it is not known.</summary>
    internal static string? TorchFile => Torch.Engine.TorchFile;

    /// <summary>The file that BLAS calls go to, or null where it is not known.</summary>
    internal static string? BlasFile => Torch.Engine.BlasFile;

    /// <summary>Foof's own native library, which may be missing; null where there is none.</summary>
    internal static string? NativeFile => Torch.Engine.NativeFile;

    /// <summary>Gives memory that is kept for tensors to come back to the system.</summary>
    internal static void GiveBackMemory() => Torch.Engine.GiveBackMemory();

    /// <summary>Whether whole numbers of 16 bits serve in place of bfloat16.</summary>
    internal static bool HasFixedPoint => Torch.Engine.HasFixedPoint;
#else
    /// <summary>Where the tensors come from.</summary>
    internal const string Flavour = "package";

    /// <summary>libtorch's version.</summary>
    internal static string TorchVersion => TorchSharp.torch.__version__;

    /// <summary>libtorch's file, or null where it is not known.</summary>
    internal static string? TorchFile => null;

    /// <summary>The file that BLAS calls go to, or null where it is not known.</summary>
    internal static string? BlasFile => null;

    /// <summary>Foof's own native library, which may be missing; null where there is none.</summary>
    internal static string? NativeFile => null;

    /// <summary>Nothing is kept.</summary>
    internal static void GiveBackMemory() { }

    /// <summary>No code for whole numbers comes with the package.</summary>
    internal static bool HasFixedPoint => false;
#endif

    private static readonly string[] TorchNames = ["libtorch_cpu.so", "libc10.so"];
    private static readonly string[] BlasNames = ["libblas.so.3", "liblapack.so.3"];

    /// <summary>The libtorch that the user chose; null: the system's.</summary>
    internal static string? ChosenTorch =>
        Environment.GetEnvironmentVariable("FOOF_LIBTORCH") is { Length: > 0 } folder ? folder : null;

    /// <summary>
    /// The folder of the BLAS that the user chose; null: the default, or the system's choice.
    /// </summary>
    internal static string? ChosenBlas =>
        Environment.GetEnvironmentVariable("FOOF_BLAS") is { } folder and not "system" ? folder : null;

    /// <summary>libtorch's file on the disk, loaded or not; null where there is none.</summary>
    internal static string? FindTorch()
    {
        var folders = ChosenTorch is { } chosen
            ? [Path.Combine(chosen, "lib"), chosen]
            : Libraries()
                .Concat(Libraries().Where(Directory.Exists).SelectMany(Directory.EnumerateDirectories));
        var found = folders.FirstOrDefault(folder =>
            Array.TrueForAll(TorchNames, name => File.Exists(Path.Combine(folder, name)))
        );
        return found is null ? null : Path.Combine(found, TorchNames[0]);
    }

    /// <summary>
    /// The first file that a BLAS folder must have and that cannot be loaded; null: all can.
    /// </summary>
    internal static string? MissingBlas(string folder) =>
        Array.Find(BlasNames, name => !NativeLibrary.TryLoad(Path.Combine(folder, name), out _));

    private static IEnumerable<string> Libraries() =>
        (Environment.GetEnvironmentVariable("LD_LIBRARY_PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(["/usr/lib", "/usr/local/lib"]);
}
