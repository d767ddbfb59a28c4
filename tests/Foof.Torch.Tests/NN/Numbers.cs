using TorchSharp.Native;
using static TorchSharp.torch;

namespace Foof.Torch.Tests.NN;

/// <summary>Reads tensors and makes them from numbers, by the native copies alone.</summary>
internal static unsafe class Numbers
{
    internal static double[] ToNumbers(this Tensor tensor)
    {
        using var source = Aten.ToDtypeLayout.Call(tensor, float64, TorchSharp.Native.Value.None, CPU);
        var values = new double[source.numel()];
        fixed (double* first = values)
            TorchSharp.Native.NativeMethods.Check(
                TorchSharp.Native.NativeMethods.foof_copy_out(
                    source.Handle,
                    first,
                    values.Length * sizeof(double)
                )
            );
        return values;
    }

    internal static double ToNumber(this Tensor tensor) => Assert.Single(tensor.ToNumbers());

    internal static Tensor Of(long[] shape, params double[] values)
    {
        var target = Aten.EmptyMemoryFormat.Call(shape, float64, TorchSharp.Native.Value.None, CPU);
        fixed (double* first = values)
            TorchSharp.Native.NativeMethods.Check(
                TorchSharp.Native.NativeMethods.foof_copy_in(
                    target.Handle,
                    first,
                    values.Length * sizeof(double)
                )
            );
        return target;
    }

    internal static Tensor Classes(long[] shape, params double[] values)
    {
        using var source = Of(shape, values);
        return Aten.ToDtypeLayout.Call(source, int64);
    }

    internal static void Close(double[] expected, Tensor actual, double tolerance = 1e-10)
    {
        var found = actual.ToNumbers();
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < found.Length; i++)
            Assert.True(
                Math.Abs(expected[i] - found[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i])),
                $"element {i}: expected {expected[i]}, got {found[i]}"
            );
    }

    internal static void Close(Tensor expected, Tensor actual, double tolerance = 1e-10)
    {
        Assert.Equal(expected.shape, actual.shape);
        Close(expected.ToNumbers(), actual, tolerance);
    }
}
