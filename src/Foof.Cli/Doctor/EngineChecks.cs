using Foof.Cli.Engine;
using Foof.Cli.Reports;
using static TorchSharp.torch;

namespace Foof.Cli.Doctor;

/// <summary>What the tensors run on.</summary>
internal static class EngineChecks
{
    private const string Nvidia = "/dev/nvidiactl";

    // Numbers in bfloat16 must be made first.
    private const double Worthwhile = 1.3;

    /// <summary>libtorch's file and version.</summary>
    /// <param name="failure">Why the engine could not be loaded; null: it was.</param>
    internal static Finding Torch(string? failure)
    {
        const string item = "libtorch";
        if (failure is null)
            return Finding.Ok(
                item,
                $"{EngineFiles.TorchVersion} ({EngineFiles.TorchFile ?? "in the package"})"
            );
        if (EngineFiles.FindTorch() is { } file)
            return Finding.Ok(item, $"{file}, which was not loaded");
        return EngineFiles.ChosenTorch is { } folder
            ? Finding.Problem(
                item,
                $"FOOF_LIBTORCH is {folder}, and neither that nor its lib/ "
                    + "holds libtorch_cpu.so and libc10.so",
                "unset FOOF_LIBTORCH, or name a libtorch's folder with include/ and lib/"
            )
            : Finding.Problem(
                item,
                "no libtorch_cpu.so is where the system keeps libraries",
                "run: apt-get install libtorch-dev; or name another libtorch by FOOF_LIBTORCH"
            );
    }

    /// <summary>Who multiplies matrices, and by which threads.</summary>
    /// <param name="failure">Why the engine could not be loaded; null: it was.</param>
    internal static Finding Blas(string? failure)
    {
        const string item = "BLAS";
        const string install = "run: apt-get install libopenblas0-openmp, and unset FOOF_BLAS";
        if (EngineFiles.ChosenBlas is { } folder && EngineFiles.MissingBlas(folder) is { } missing)
            return Finding.Problem(
                item,
                $"FOOF_BLAS is {folder}, and {missing} there cannot be loaded",
                "unset FOOF_BLAS, or name a folder with libblas.so.3 and liblapack.so.3, or: system"
            );
        if (failure is not null)
            return Finding.Ok(item, EngineFiles.ChosenBlas is null ? "the default" : "as FOOF_BLAS says");
        if (EngineFiles.BlasFile is not { } file)
            return Finding.Ok(item, "libtorch's own");
        var library = BlasLibrary.Ask(file);
        var name = $"{library.Configuration ?? "no OpenBLAS"} ({file})";
        if (library.HasOldestKernels && Machine.Features.Contains("avx2"))
            return Finding.Warning(
                item,
                $"{name}: it computes as on a processor of 2004, and products take three to five times as long",
                "unset OPENBLAS_CORETYPE, or set it to SkylakeX where the processor has AVX-512, else to Haswell"
            );
        return library.Threading switch
        {
            BlasThreading.OpenMP => Finding.Ok(item, $"{name}, OpenMP threads as libtorch's"),
            BlasThreading.Posix => Finding.Warning(
                item,
                $"{name}: its POSIX threads fight libtorch's for the cores, "
                    + "and steps take up to three times as long",
                install
            ),
            BlasThreading.Sequential => Finding.Warning(item, $"{name} has one thread", install),
            _ => Finding.Warning(item, $"{name}: products may be slow", install),
        };
    }

    /// <summary>Foof's own native part, between .NET and libtorch.</summary>
    /// <param name="failure">Why the engine could not be loaded; null: it was.</param>
    internal static Finding Native(string? failure)
    {
        const string item = "native library";
        const string remedy =
            "run ./foof info, which builds it for the libtorch that is there; "
            + "for a package, install that libtorch";
        if (EngineFiles.NativeFile is not { } file)
            return Finding.Ok(item, "TorchSharp's");
        if (!File.Exists(file))
            return Finding.Problem(item, $"{file} is missing", remedy);
        return failure is null
            ? Finding.Ok(item, $"{file}, compiled against libtorch {EngineFiles.TorchVersion}")
            : Finding.Problem(item, failure.TrimEnd('.'), remedy);
    }

    /// <summary>Whether products and derivatives are right, and how fast.</summary>
    internal static Finding Computation()
    {
        const string item = "computation";
        const int side = 8;
        using var scope = NewDisposeScope();
        // The sum of A A for A = 1 has the derivative 2 n in every entry.
        var A = ones(side, side, requires_grad: true);
        A.mm(A).sum().backward();
        if (!A.grad!.eq(2 * side).all().item<bool>())
            return Finding.Problem(item, "a product's derivative is wrong", "install another libtorch");
        var (single, half) = (Speed.Gflops(), Speed.Gflops(ScalarType.BFloat16));
        var verdict =
            half > Worthwhile * single ? "--products bfloat16 saves time here"
            : EngineFiles.HasFixedPoint ? "--products bfloat16 saves time here, by whole numbers of 16 bits"
            : "--products bfloat16 does not save time here";
        return Finding.Ok(
            item,
            $"products and derivatives are right; {single:F0} Gflop/s in float32 "
                + $"by {Say.Many(get_num_threads(), "thread")}, {half:F0} in bfloat16: {verdict}"
        );
    }

    /// <summary>Devices of NVIDIA.</summary>
    internal static Finding Cuda()
    {
        const string item = "CUDA";
        var count = cuda.is_available() ? cuda.device_count() : 0;
        if (count > 0)
            return Finding.Ok(item, $"{count} {(count == 1 ? "device" : "devices")}: --device cuda");
        return File.Exists(Nvidia)
            ? Finding.Warning(
                item,
                "there is a device of NVIDIA, and this libtorch computes on the processor alone",
                "name a CUDA build of libtorch by FOOF_LIBTORCH"
            )
            : Finding.Ok(item, "no device; all is computed on the processor");
    }
}
