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
                count == 0
                    ? $"--device {name} needs an NVIDIA device and a CUDA build of libtorch, and there is none: "
                        + "./foof info shows the libtorch in use, and FOOF_LIBTORCH names another."
                    : $"--device {name} must be one of the {count} that there are, from cuda:0; got {name}."
            );
        return device($"{Cuda}:{index}");
    }

    /// <summary>Waits until a device has done all that was asked of it.</summary>
    internal static void Settle(Device device)
    {
        if (device.type == DeviceType.CUDA)
            cuda.synchronize();
    }

    private static int? Index(string? name) =>
        name is not null
        && name.StartsWith($"{Cuda}:", StringComparison.Ordinal)
        && int.TryParse(
            name.AsSpan(Cuda.Length + 1),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var index
        )
            ? index
            : null;
}
