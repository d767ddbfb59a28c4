using TorchSharp.Modules;
using TorchSharp.Native;
using static TorchSharp.torch;

namespace Foof.Torch.Tests.Optimizers;

/// <summary>
/// Parameters in double precision with prescribed gradients, and their values as plain doubles.
/// </summary>
internal static unsafe class Toy
{
    internal const double Tolerance = 1e-12;

    internal static Tensor Vector(params double[] values)
    {
        var tensor = Aten.EmptyMemoryFormat.Call(
            new long[] { values.Length },
            ScalarType.Float64,
            Value.None,
            CPU
        );
        fixed (double* first = values)
            NativeMethods.Check(
                NativeMethods.foof_copy_in(tensor.Handle, first, values.Length * sizeof(double))
            );
        return tensor;
    }

    internal static Parameter Parameter(params double[] values) => new(Vector(values));

    internal static double[] Values(this Tensor tensor)
    {
        var values = new double[tensor.numel()];
        fixed (double* first = values)
            NativeMethods.Check(
                NativeMethods.foof_copy_out(tensor.Handle, first, values.Length * sizeof(double))
            );
        return values;
    }

    /// <summary>
    /// Element <paramref name="i"/> of the gradient before step <paramref name="t"/> (from 1).
    /// </summary>
    internal static double Gradient(int t, int i) => Math.Sin(1.7 * t + i) + 0.1 * i;

    internal static void SetGradient(Parameter parameter, int t)
    {
        using var gradient = Vector([
            .. Enumerable.Range(0, (int)parameter.numel()).Select(i => Gradient(t, i)),
        ]);
        parameter.grad = gradient;
    }

    /// <summary>
    /// Steps five times and compares with <paramref name="recurrence"/>: from (p, g, t) to the next p.
    /// </summary>
    internal static void Follows(
        Func<Parameter, optim.Optimizer> create,
        Func<int, Func<double, double, int, double>> recurrence
    )
    {
        double[] expected = [0.5, -1.25, 3.0];
        var parameter = Parameter(expected);
        using var optimizer = create(parameter);
        var next = Enumerable.Range(0, expected.Length).Select(recurrence).ToArray();
        for (var t = 1; t <= 5; t++)
        {
            SetGradient(parameter, t);
            Assert.Null(optimizer.step());
            expected = [.. expected.Select((p, i) => next[i](p, Gradient(t, i), t))];
            Close(expected, parameter.Values());
        }
    }

    internal static void Close(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], Tolerance);
    }
}
