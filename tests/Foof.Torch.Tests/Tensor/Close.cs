using static TorchSharp.torch;

namespace Foof.Torch.Tests;

/// <summary>Comparisons that say what was found.</summary>
internal static class Close
{
    /// <summary>Double precision, some operations on numbers of order one.</summary>
    internal const double Float64 = 1e-10;

    internal static void Equal(double[] expected, Tensor actual, double tolerance = Float64)
    {
        using var values = actual.reshape(-1).to(ScalarType.Float64);
        var found = values.data<double>().ToArray();
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            if (double.IsNaN(expected[i]) && double.IsNaN(found[i]) || expected[i].Equals(found[i]))
                continue;
            Assert.True(
                Math.Abs(expected[i] - found[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i])),
                $"element {i}: expected {expected[i]}, found {found[i]}"
            );
        }
    }

    internal static void Equal(Tensor expected, Tensor actual, double tolerance = Float64)
    {
        Assert.Equal(expected.shape, actual.shape);
        using var flat = expected.reshape(-1).to(ScalarType.Float64);
        Equal(flat.data<double>().ToArray(), actual, tolerance);
    }

    internal static Tensor Vector(params double[] values) => tensor(values);

    internal static Tensor Normal(params long[] size)
    {
        using var generator = new Generator(7);
        return randn(size, ScalarType.Float64, generator: generator);
    }

    /// <summary>A well-conditioned symmetric positive definite matrix.</summary>
    internal static Tensor Definite(long n)
    {
        using var root = Normal(n, n);
        return root.mm(root.t()).add_(eye(n, dtype: ScalarType.Float64));
    }
}
