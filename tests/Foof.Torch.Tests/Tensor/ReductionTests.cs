using static TorchSharp.torch;

namespace Foof.Torch.Tests;

public class ReductionTests
{
    private static Tensor Matrix() =>
        tensor(
            new double[,]
            {
                { 1, 5, 3 },
                { 4, 2, 6 },
            }
        );

    [Fact]
    public void Sums_and_means_agree_with_closed_forms()
    {
        using var scope = NewDisposeScope();
        var x = Matrix();
        Close.Equal([21], x.sum());
        Close.Equal([5, 7, 9], x.sum(0));
        Close.Equal([9, 12], x.sum(-1, keepdim: true));
        Assert.Equal([2, 1], x.sum(1, keepdim: true).shape);
        Close.Equal([21], x.sum([0, 1]));
        Close.Equal([21], x.sum(0, 1));
        Assert.Equal(ScalarType.Float32, x.sum(float32).dtype);
        Close.Equal([3.5], x.mean());
        Close.Equal([2.5, 3.5, 4.5], x.mean([0]));
        Close.Equal([15, 48], x.prod(1));
        Close.Equal([720], prod(x));
        Close.Equal([1, 6, 9, 4, 6, 12], x.cumsum(1));
        Close.Equal([1, 5, 15, 4, 8, 48], cumprod(x, 1));
        Close.Equal([Math.Sqrt(1 + 25 + 9 + 16 + 4 + 36)], x.norm());
        Close.Equal([9, 12], x.norm(1, p: 1));
        Close.Equal([4, -2], x[0].diff());
        Close.Equal([Math.Log(Math.Exp(1) + Math.Exp(5) + Math.Exp(3))], x[0].logsumexp(0));
    }

    [Fact]
    public void Variances_divide_by_one_less_unless_biased()
    {
        using var scope = NewDisposeScope();
        var x = Matrix();
        Close.Equal([3.5], x.var());
        Close.Equal([17.5 / 6], x.var(unbiased: false));
        Close.Equal([4, 4], x.var(1));
        Close.Equal([2, 2], x.std(1, unbiased: true));
        Close.Equal([Math.Sqrt(3.5)], x.std((0, 1)));
        var (variance, mean) = x.var_mean(1);
        Close.Equal([4, 4], variance);
        Close.Equal([3, 4], mean);
        var (deviation, _) = std_mean(x, 1, unbiased: true, keepdim: true);
        Assert.Equal([2, 1], deviation.shape);
        Assert.Equal(ScalarType.Float64, ones(3).var([0], type: float64).dtype);
    }

    [Fact]
    public void Extrema_come_with_their_places()
    {
        using var scope = NewDisposeScope();
        var x = Matrix();
        Close.Equal([6], x.max());
        Close.Equal([1], min(x));
        var (values, indexes) = x.max(1);
        Close.Equal([5, 6], values);
        Close.Equal([1, 2], indexes);
        var least = x.min(0);
        Close.Equal([1, 2, 3], least.values);
        Close.Equal([0, 1, 0], least.indexes);
        Close.Equal([5], x.argmax());
        Close.Equal([1, 2], x.argmax(1));
        Close.Equal([0, 1, 0], argmin(x, 0));
        Close.Equal([5, 6], x.amax([1]));
        Close.Equal([1, 2, 3], x.amin(0));
        var target = empty(2, dtype: float64);
        Assert.Same(target, x.amax([1], @out: target));
        Close.Equal([5, 6], target);
        Close.Equal([1, 5, 5], x[0].cummax(0).values);
        Close.Equal([1, 6], cat([x.aminmax().min.view(1), x.aminmax().max.view(1)]));
    }

    [Fact]
    public void Order_statistics_agree_with_closed_forms()
    {
        using var scope = NewDisposeScope();
        var x = Matrix();
        var (values, indices) = x.sort(1, descending: true);
        Close.Equal([5, 3, 1, 6, 4, 2], values);
        Close.Equal([1, 2, 0, 2, 0, 1], indices);
        Close.Equal([0, 2, 1, 1, 0, 2], x.argsort());
        Close.Equal([5, 3, 6, 4], x.topk(2).values);
        Close.Equal([3], x.median());
        Close.Equal([3, 4], x.kthvalue(2, 1).values);
        Close.Equal([3, 4], x.quantile(Close.Vector(0.5), 1));
        var (output, inverse, counts) = Close
            .Vector(3, 1, 3)
            .unique(return_inverse: true, return_counts: true);
        Close.Equal([1, 3], output);
        Close.Equal([1, 0, 1], inverse!);
        Close.Equal([1, 2], counts!);
        Assert.True(unique(x).counts is null);
        Close.Equal([0, 2, 1], tensor(new long[] { 1, 1, 2 }).bincount(null));
        Close.Equal([7], Close.Vector(7, 1, 7).mode().values);
        Close.Equal([0, 1, 2], searchsorted(Close.Vector(1, 2), Close.Vector(0.5, 1.5, 2.5)));
    }

    [Fact]
    public void Truth_values_reduce()
    {
        using var scope = NewDisposeScope();
        var x = Matrix() > 3;
        Close.Equal([0], x.all());
        Close.Equal([1], x.any());
        Close.Equal([1, 1, 1], x.any(0));
        Close.Equal([0, 0, 0], all(x, 0));
        Close.Equal([3], x.count_nonzero());
        Close.Equal([1, 2], x.count_nonzero([1]));
        Close.Equal([0, 1, 1, 0, 1, 2], x.nonzero());
    }

    [Fact]
    public void A_dimension_that_is_not_there_is_refused_with_the_reason()
    {
        using var scope = NewDisposeScope();
        var x = Matrix();
        var error = Assert.Throws<System.Runtime.InteropServices.ExternalException>(() => x.sum(2));
        Assert.Contains("Dimension out of range", error.Message, StringComparison.Ordinal);
    }
}
