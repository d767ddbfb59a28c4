using TorchSharp.Native;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using static TorchSharp.torch.nn.init;

namespace Foof.Torch.Tests.NN;

public class InitTests
{
    // 40,000 numbers: means lie within five of these deviations with all but a part in a million of
    // certainty.
    private const long Side = 200;

    private static (double Mean, double Deviation, double[] All) Statistics(
        Func<Tensor, Tensor> fill,
        params long[] shape
    )
    {
        using var scope = NewDisposeScope();
        manual_seed(7).Dispose();
        var tensor = randn(shape.Length == 0 ? [Side, Side] : shape, float64);
        Assert.Same(tensor, fill(tensor));
        var values = tensor.ToNumbers();
        var mean = values.Average();
        return (mean, Math.Sqrt(values.Average(v => (v - mean) * (v - mean))), values);
    }

    private static void HasDeviation(double expected, Func<Tensor, Tensor> fill, params long[] shape)
    {
        var (mean, deviation, all) = Statistics(fill, shape);
        Assert.InRange(mean, -5 * expected / Math.Sqrt(all.Length), 5 * expected / Math.Sqrt(all.Length));
        Assert.InRange(deviation / expected, 1 - 5 / Math.Sqrt(all.Length), 1 + 5 / Math.Sqrt(all.Length));
    }

    [Fact]
    public void Random_starts_have_the_deviation_of_their_formula()
    {
        var he = Math.Sqrt(2.0 / Side);
        HasDeviation(he, t => kaiming_normal_(t));
        HasDeviation(he, t => kaiming_uniform_(t));
        HasDeviation(he, t => kaiming_normal_(t, nonlinearity: NonlinearityType.ReLU));
        HasDeviation(
            1 / Math.Sqrt(40 * 9),
            t => kaiming_normal_(t, mode: FanInOut.FanIn, nonlinearity: NonlinearityType.Linear),
            80,
            40,
            3,
            3
        );
        HasDeviation(
            1 / Math.Sqrt(80 * 9),
            t => kaiming_normal_(t, mode: FanInOut.FanOut, nonlinearity: NonlinearityType.Linear),
            80,
            40,
            3,
            3
        );
        HasDeviation(3 * Math.Sqrt(2.0 / 400), t => xavier_normal_(t, 3));
        HasDeviation(3 * Math.Sqrt(2.0 / 400), t => xavier_uniform_(t, 3));
        HasDeviation(2, t => normal_(t, 0, 2));
        HasDeviation(4 / Math.Sqrt(12), t => uniform_(t, -2, 2));
    }

    [Fact]
    public void Uniform_starts_keep_their_bounds_and_normal_ones_do_not()
    {
        var bound = Math.Sqrt(3) * Math.Sqrt(2.0 / 400);
        Assert.All(Statistics(t => xavier_uniform_(t)).All, x => Assert.InRange(x, -bound, bound));
        Assert.Contains(Statistics(t => xavier_normal_(t)).All, x => x > 1.5 * bound);
    }

    [Fact]
    public void A_truncated_normal_stays_between_its_bounds()
    {
        var (mean, _, all) = Statistics(t => trunc_normal_(t, 1, 2, 0, 3));
        Assert.All(all, x => Assert.InRange(x, 0, 3));
        var z = (Math.Exp(-0.125) - Math.Exp(-0.5)) / Math.Sqrt(2 * Math.PI) / (0.841344746 - 0.308537539);
        Assert.Equal(1 + 2 * z, mean, 0.02);
    }

    [Theory]
    [InlineData(3, 5)]
    [InlineData(5, 3)]
    public void An_orthogonal_start_has_orthonormal_rows_or_columns(long rows, long columns)
    {
        using var scope = NewDisposeScope();
        var Q = orthogonal_(randn([rows, columns], float64), 2);
        var transposed = Aten.T.Call(Q);
        Numbers.Close(
            [4, 0, 0, 0, 4, 0, 0, 0, 4],
            rows < columns ? Q.mm(transposed) : transposed.mm(Q),
            1e-12
        );
    }

    [Fact]
    public void Constant_starts_and_the_identity()
    {
        using var scope = NewDisposeScope();
        Numbers.Close([3, 3], constant_(randn([2]), 3));
        Numbers.Close([1, 0, 0, 0, 1, 0], eye_(randn([2, 3])));
        Assert.Throws<ArgumentException>(() => eye_(randn([2])));
        Assert.Throws<ArgumentException>(() => kaiming_normal_(randn([2])));
    }

    [Fact]
    public void Gains_are_as_published()
    {
        Assert.Equal(1, calculate_gain(NonlinearityType.Sigmoid));
        Assert.Equal(5.0 / 3, calculate_gain(NonlinearityType.Tanh));
        Assert.Equal(Math.Sqrt(2), calculate_gain(NonlinearityType.ReLU));
        Assert.Equal(Math.Sqrt(2 / 1.25), calculate_gain(NonlinearityType.LeakyReLU, 0.5));
    }

    [Fact]
    public void A_generator_decides_the_numbers()
    {
        using var scope = NewDisposeScope();
        using var first = new Generator(5);
        using var second = new Generator(5);
        Assert.True(normal_(randn([9]), generator: first).Equals(normal_(randn([9]), generator: second)));
    }

    [Fact]
    public void Layers_start_as_in_PyTorch()
    {
        var bound = 1 / Math.Sqrt(27);
        using var layer = Conv2d(3, 64, 3, dtype: float64);
        Assert.All(layer.weight.ToNumbers(), x => Assert.InRange(x, -bound, bound));
        Assert.All(layer.bias!.ToNumbers(), x => Assert.InRange(x, -bound, bound));
        Assert.True(layer.weight.ToNumbers().Max() > 0.95 * bound);
        using var norm = LayerNorm(2);
        Numbers.Close([1, 1], norm.weight);
        Numbers.Close([0, 0], norm.bias!);
    }
}
