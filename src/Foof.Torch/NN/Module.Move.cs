namespace TorchSharp;

using TorchSharp.Native;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            /// <summary>Moves parameters and buffers to a device and their floats to a type.</summary>
            protected internal virtual Module _to(Device device, ScalarType dtype, bool non_blocking)
            {
                Move(device, RequireFloat(dtype), non_blocking);
                foreach (var child in children())
                    child._to(device, dtype, non_blocking);
                return this;
            }

            /// <summary>Moves parameters and buffers to a device.</summary>
            protected internal virtual Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking)
            {
                Move(new Device(deviceType, deviceIndex), null, non_blocking);
                foreach (var child in children())
                    child._to(deviceType, deviceIndex, non_blocking);
                return this;
            }

            /// <summary>Turns the floats of parameters and buffers into another type.</summary>
            protected internal virtual Module _to(ScalarType dtype, bool non_blocking)
            {
                Move(null, RequireFloat(dtype), non_blocking);
                foreach (var child in children())
                    child._to(dtype, non_blocking);
                return this;
            }

            private void Move(Device? device, ScalarType? dtype, bool non_blocking)
            {
                foreach (var (_, parameter) in named_parameters(false))
                    Move(parameter, device, dtype, non_blocking);
                foreach (var (_, buffer) in named_buffers(false))
                    Move(buffer, device, dtype, non_blocking);
            }

            // The tensor gets other data and stays the same variable, so optimisers that hold it keep it.
            private static void Move(Tensor tensor, Device? device, ScalarType? dtype, bool non_blocking)
            {
                using var unrecorded = no_grad();
                using var gradient = tensor.grad;
                var targetType = tensor.is_integral() || tensor.dtype == ScalarType.Bool ? null : dtype;
                using var moved = Converted(tensor, device, targetType, non_blocking);
                using var movedGradient = gradient is null
                    ? null
                    : Converted(gradient, device, targetType, non_blocking);
                tensor.grad = null;
                NativeMethods.Check(NativeMethods.foof_set_data(tensor.Handle, moved.Handle));
                tensor.grad = movedGradient;
            }

            private static Tensor Converted(
                Tensor tensor,
                Device? device,
                ScalarType? dtype,
                bool non_blocking
            )
            {
                using var source = tensor.detach();
                return Aten.ToDtypeLayout.Call(source, dtype, Value.None, device, Value.None, non_blocking);
            }

            private static ScalarType RequireFloat(ScalarType dtype) =>
                is_floating_point(dtype) || is_complex(dtype)
                    ? dtype
                    : throw new ArgumentException(
                        $"A module's type must be floating point or complex; got {dtype}.",
                        nameof(dtype)
                    );
        }
    }
}

/// <summary>Moves and converts modules; every method returns its module.</summary>
public static class ModuleExtensionMethods
{
    /// <summary>Turns the floats of parameters and buffers into <paramref name="type"/>.</summary>
    /// <exception cref="ArgumentException">The type is neither floating point nor complex.</exception>
    public static T to<T>(this T module, torch.ScalarType type, bool non_blocking = false)
        where T : torch.nn.Module => (T)module._to(type, non_blocking);

    /// <summary>Moves parameters and buffers to a device and turns their floats into a type.</summary>
    /// <exception cref="ArgumentException">The type is neither floating point nor complex.</exception>
    public static T to<T>(
        this T module,
        torch.Device device,
        torch.ScalarType type,
        bool non_blocking = false
    )
        where T : torch.nn.Module => (T)module._to(device, type, non_blocking);

    /// <summary>Moves parameters and buffers to a device.</summary>
    public static T to<T>(
        this T module,
        DeviceType deviceType,
        int deviceIndex = -1,
        bool non_blocking = false
    )
        where T : torch.nn.Module => (T)module._to(deviceType, deviceIndex, non_blocking);

    /// <summary>Moves parameters and buffers to a device.</summary>
    public static T to<T>(this T module, torch.Device device, bool non_blocking = false)
        where T : torch.nn.Module => (T)module._to(device.type, device.index, non_blocking);

    /// <summary>Moves parameters and buffers to the device that the text describes.</summary>
    public static T to<T>(this T module, string device, bool non_blocking = false)
        where T : torch.nn.Module => module.to(new torch.Device(device), non_blocking);

    /// <summary>Moves parameters and buffers to the device and type of <paramref name="other"/>.</summary>
    public static T to<T>(this T module, torch.Tensor other, bool non_blocking = false)
        where T : torch.nn.Module => (T)module._to(other.device, other.dtype, non_blocking);

    /// <summary>Moves parameters and buffers to the processor.</summary>
    public static T cpu<T>(this T module, bool non_blocking = false)
        where T : torch.nn.Module => (T)module._to(DeviceType.CPU, -1, non_blocking);

    /// <summary>Moves parameters and buffers to a CUDA device.</summary>
    public static T cuda<T>(this T module, int deviceIndex = -1, bool non_blocking = false)
        where T : torch.nn.Module => (T)module._to(DeviceType.CUDA, deviceIndex, non_blocking);

    /// <summary>Turns floats into half precision.</summary>
    public static T half<T>(this T module, bool non_blocking = false)
        where T : torch.nn.Module => module.to(torch.ScalarType.Float16, non_blocking);

    /// <summary>Turns floats into brain floats.</summary>
    public static T bfloat16<T>(this T module, bool non_blocking = false)
        where T : torch.nn.Module => module.to(torch.ScalarType.BFloat16, non_blocking);

    /// <summary>Turns floats into single precision.</summary>
    public static T @float<T>(this T module, bool non_blocking = false)
        where T : torch.nn.Module => module.to(torch.ScalarType.Float32, non_blocking);

    /// <summary>Turns floats into double precision.</summary>
    public static T @double<T>(this T module, bool non_blocking = false)
        where T : torch.nn.Module => module.to(torch.ScalarType.Float64, non_blocking);
}
