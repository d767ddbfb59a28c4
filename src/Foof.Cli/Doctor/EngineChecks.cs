using Foof.Cli.Engine;
using Foof.Cli.Reports;
using static TorchSharp.torch;

namespace Foof.Cli.Doctor;

/// <summary>Checks of libtorch and its devices.</summary>
internal static class EngineChecks
{
    // Every driver of NVIDIA contains this program.
    private const string Nvidia = "nvidia-smi";

    // bfloat16 must be this much faster, since numbers must be converted first.
    private const double Worthwhile = 1.3;

    /// <summary>Whether libtorch can be loaded.</summary>
    internal static Finding Torch() =>
        Libtorch.Problem is { } problem
            ? Finding.Problem(Examination.Libtorch, problem.Detail, problem.Remedy)
            : Finding.Ok(Examination.Libtorch, $"{Libtorch.Version}, by TorchSharp {Libtorch.TorchSharpVersion}");

    /// <summary>Whether products and derivatives are right, and how fast products are.</summary>
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
        var verdict = half > Worthwhile * single ? "saves" : "does not save";
        return Finding.Ok(
            item,
            $"products and derivatives are right; {single:F0} Gflop/s in float32 "
                + $"by {Say.Many(get_num_threads(), "thread")}, {half:F0} in bfloat16: --products bfloat16 {verdict} time here"
        );
    }

    /// <summary>The devices of NVIDIA.</summary>
    internal static Finding Cuda()
    {
        const string item = "CUDA";
        var count = cuda.is_available() ? cuda.device_count() : 0;
        if (count > 0)
            return Finding.Ok(item, $"{count} {(count == 1 ? "device" : "devices")}: --device cuda");
        if (MachineChecks.OnPath(Nvidia) is not { } driver)
            return Finding.Ok(item, "no device; all is computed on the processor");
        return Libtorch.HasCuda
            ? Finding.Warning(
                item,
                $"{driver} is here, and libtorch sees no device",
                $"run {Nvidia}, and fix what it reports about the driver or the device"
            )
            : Finding.Warning(
                item,
                $"{driver} is here, and this libtorch computes on the processor alone",
                "build the program with -p:TorchBackend=TorchSharp-cuda-linux, or TorchSharp-cuda-windows"
            );
    }
}
