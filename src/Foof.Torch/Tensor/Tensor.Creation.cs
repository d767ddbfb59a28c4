using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    private static Device? default_device;

    /// <summary>Where tensors are made that are given no device; at the start, the processor.</summary>
    public static Device get_default_device() => default_device ?? CPU;

    /// <summary>Sets where tensors are made that are given no device.</summary>
    public static void set_default_device(Device device) => default_device = device;

    /// <summary>Sets where tensors are made that are given no device.</summary>
    public static void set_default_device(string device) => default_device = new Device(device);

    private static Device On(Device? device) => device ?? get_default_device();

    private static Tensor Fresh(Tensor tensor, bool requires_grad) =>
        requires_grad ? tensor.requires_grad_() : tensor;

    /// <summary>
    /// start, start + step, ... below stop; integers if all three are, else the default type.
    /// </summary>
    public static Tensor arange(
        Scalar start,
        Scalar stop,
        Scalar step,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) =>
        Fresh(
            Aten.ArangeStartStep.Call(
                start,
                stop,
                step,
                dtype ?? RangeType(start, stop, step),
                Value.None,
                On(device)
            ),
            requires_grad
        );

    /// <summary>start, start + 1, ... below stop.</summary>
    public static Tensor arange(
        Scalar start,
        Scalar stop,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => arange(start, stop, 1, dtype, device, requires_grad);

    /// <summary>0, 1, ... below stop.</summary>
    public static Tensor arange(
        Scalar stop,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => arange(0, stop, 1, dtype, device, requires_grad);

    private static ScalarType RangeType(Scalar start, Scalar stop, Scalar step) =>
        start.IsFloat || stop.IsFloat || step.IsFloat ? default_dtype : ScalarType.Int64;

    /// <summary>So many equally spaced numbers from start to end, both included.</summary>
    public static Tensor linspace(
        double start,
        double end,
        long steps,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) =>
        Fresh(
            Aten.Linspace.Call(start, end, steps, dtype ?? default_dtype, Value.None, On(device)),
            requires_grad
        );

    /// <summary>base^start to base^end in so many equal steps of the exponent.</summary>
    public static Tensor logspace(
        double start,
        double end,
        long steps,
        double @base = 10,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) =>
        Fresh(
            Aten.Logspace.Call(start, end, steps, @base, dtype ?? default_dtype, Value.None, On(device)),
            requires_grad
        );

    /// <summary>A matrix with ones on its diagonal and zeros elsewhere; -1 columns make it square.</summary>
    public static Tensor eye(
        long rows,
        long columns = -1L,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) =>
        Fresh(
            Aten.EyeM.Call(
                rows,
                columns < 0 ? rows : columns,
                dtype ?? default_dtype,
                Value.None,
                On(device)
            ),
            requires_grad
        );

    /// <summary>A tensor with its own strides and unspecified elements.</summary>
    public static Tensor empty_strided(
        long[] size,
        long[] strides,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) =>
        Fresh(
            Aten.EmptyStrided.Call(size, strides, dtype ?? default_dtype, Value.None, On(device)),
            requires_grad
        );
}
