using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Engine;

/// <summary>The device that a command computes on.</summary>
internal static class Devices
{
    /// <summary>The processor's name, the default.</summary>
    internal const string Cpu = "cpu";

    /// <summary>The name of the first device of NVIDIA.</summary>
    internal const string Cuda = "cuda";

    /// <summary>Whether <paramref name="name"/> is <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    internal static bool IsName(string? name) => name is Cpu or Cuda || Index(name) is not null;

    /// <summary>The device of a name for which <see cref="IsName"/> holds.</summary>
    /// <exception cref="CommandFailure">This machine, or this libtorch, has no such device.</exception>
    internal static Device Find(string name)
    {
        if (name == Cpu)
            return CPU;
        var count = cuda.device_count();
        var index = Index(name) ?? 0;
        if (index >= count)
            throw new CommandFailure(
                !Libtorch.HasCuda
                    ? $"--device {name} needs a libtorch for CUDA, and this program has one for the processor alone: "
                        + "build it with -p:TorchBackend=TorchSharp-cuda-linux, or TorchSharp-cuda-windows."
                : count == 0
                    ? $"--device {name} needs a device of NVIDIA, and libtorch sees none: nvidia-smi shows whether "
                        + "the driver does."
                : $"--device {name} must be one of the {count} that there are, from cuda:0; got {name}."
            );
        return device($"{Cuda}:{index}");
    }

    /// <summary>Waits until a device has finished its work.</summary>
    internal static void Settle(Device device)
    {
        if (device.type == DeviceType.CUDA)
            cuda.synchronize();
    }

    private static int? Index(string? name) =>
        name is not null
        && name.StartsWith($"{Cuda}:", StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(Cuda.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? index
            : null;
}
