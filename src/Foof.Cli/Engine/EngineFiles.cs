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
#else
    /// <summary>Where the tensors come from.</summary>
    internal const string Flavour = "package";

    /// <summary>libtorch's version.</summary>
    internal static string TorchVersion => TorchSharp.torch.__version__;

    /// <summary>libtorch's file, or null where it is not known.</summary>
    internal static string? TorchFile => null;

    /// <summary>The file that BLAS calls go to, or null where it is not known.</summary>
    internal static string? BlasFile => null;
#endif
}
