using TorchSharp.Native;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Foof.Torch.Tests.NN;

public class NormTests
{
    private static readonly double[] Values = [1, 2, 3, 6, 5, 10];

    [Fact]
    public void Batch_norm_uses_the_batch_while_training_and_running_statistics_else()
    {
        using var scope = NewDisposeScope();
        using var layer = BatchNorm1d(2, momentum: 0.25, dtype: float64);
        var input = Numbers.Of([3, 2], Values);
        var output = layer.call(input);
        var (variance0, variance1) = (8.0 / 3, 32.0 / 3);
        Numbers.Close(
            [
                .. Enumerable
                    .Range(0, 6)
                    .Select(i =>
                        i % 2 == 0
                            ? (Values[i] - 3) / Math.Sqrt(variance0 + 1e-5)
                            : (Values[i] - 6) / Math.Sqrt(variance1 + 1e-5)
                    ),
            ],
            output
        );
        Numbers.Close([0.75, 1.5], layer.running_mean!);
        Numbers.Close([0.75 + 0.25 * 4, 0.75 + 0.25 * 16], layer.running_var!);
        Numbers.Close([1], layer.num_batches_tracked!);
        layer.eval();
        Numbers.Close(
            [(1 - 0.75) / Math.Sqrt(1.75 + 1e-5), 0.5 / Math.Sqrt(4.75 + 1e-5)],
            layer.call(Numbers.Of([1, 2], 1, 2))
        );
        Numbers.Close([1], layer.num_batches_tracked!);
        Assert.Equal(
            ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"],
            layer.state_dict().Keys
        );
    }

    [Fact]
    public void Batch_norm_without_momentum_averages_all_batches()
    {
        using var scope = NewDisposeScope();
        using var layer = BatchNorm1d(1, dtype: float64);
        layer.momentum = null;
        layer.call(Numbers.Of([2, 1], 0, 2));
        layer.call(Numbers.Of([2, 1], 4, 6));
        Numbers.Close([3], layer.running_mean!);
        Numbers.Close([2], layer.running_var!);
        layer.reset_running_stats();
        Numbers.Close(
            [0, 1, 0],
            Aten.Cat.Call(
                new[]
                {
                    layer.running_mean!,
                    layer.running_var!,
                    Aten.Reshape.Call(layer.num_batches_tracked, new long[] { 1 }),
                }
            )
        );
    }

    [Fact]
    public void Batch_norm_without_statistics_or_scale_has_no_state()
    {
        using var scope = NewDisposeScope();
        using var layer = BatchNorm2d(1, affine: false, track_running_stats: false, dtype: float64);
        Assert.Empty(layer.state_dict());
        layer.eval();
        var scale = 1 / Math.Sqrt(1 + 1e-5);
        Numbers.Close([-scale, scale], layer.call(Numbers.Of([1, 1, 1, 2], 3, 5)));
        Assert.Throws<ArgumentException>(() => layer.call(randn([2, 1])));
    }

    [Fact]
    public void Moving_a_batch_norm_keeps_its_counter_an_integer()
    {
        using var scope = NewDisposeScope();
        using var layer = BatchNorm2d(2).@double();
        Assert.Equal(float64, layer.running_var!.dtype);
        Assert.Equal(int64, layer.num_batches_tracked!.dtype);
    }

    [Fact]
    public void Layer_norm_standardises_the_last_dimensions()
    {
        using var scope = NewDisposeScope();
        using var layer = LayerNorm(3, dtype: float64);
        layer.weight = Parameter(Numbers.Of([3], 1, 2, 3));
        layer.bias = Parameter(Numbers.Of([3], 10, 20, 30));
        var scale = 1 / Math.Sqrt(2.0 / 3 + 1e-5);
        Numbers.Close([10 - scale, 20, 30 + 3 * scale], layer.call(Numbers.Of([1, 3], 1, 2, 3)));
        using var plain = LayerNorm([2, 2], elementwise_affine: false, dtype: float64);
        Assert.Empty(plain.parameters());
        Numbers.Close([0], plain.call(randn([5, 2, 2], float64)).sum(), 1e-10);
        using var unshifted = LayerNorm(3, bias: false);
        Assert.Equal(["weight"], unshifted.named_parameters().Select(p => p.name));
    }

    [Fact]
    public void Group_norm_standardises_groups_of_channels()
    {
        using var scope = NewDisposeScope();
        using var layer = GroupNorm(2, 4, eps: 0, dtype: float64);
        Numbers.Close([-1, 1, -1, 1], layer.call(Numbers.Of([1, 4], 1, 3, 10, 20)));
        Assert.Throws<ArgumentException>(() => GroupNorm(3, 4));
    }

    [Fact]
    public void Normalize_divides_by_the_norm()
    {
        using var scope = NewDisposeScope();
        Numbers.Close([0.6, 0.8, 0, 0], functional.normalize(Numbers.Of([2, 2], 3, 4, 0, 0)));
        Numbers.Close([0.96], CosineSimilarity().call(Numbers.Of([1, 2], 3, 4), Numbers.Of([1, 2], 4, 3)));
    }
}
