using static TorchSharp.torch;

namespace Foof.Torch.Tests;

public class IndexingTests
{
    // x[i, j, k] = 100 i + 10 j + k
    private static Tensor Digits(long a = 2, long b = 3, long c = 4)
    {
        var x = zeros(a, b, c, float64);
        var data = x.data<double>();
        for (var i = 0L; i < a; i++)
        for (var j = 0L; j < b; j++)
        for (var k = 0L; k < c; k++)
            data[i, j, k] = 100 * i + 10 * j + k;
        return x;
    }

    [Fact]
    public void Numbers_pick_what_loops_pick()
    {
        using var scope = NewDisposeScope();
        var x = Digits();
        Close.Equal([112], x[1, 1, 2]);
        Close.Equal([110, 111, 112, 113], x[1, 1]);
        Close.Equal([123], x[-1, -1, -1]);
        Close.Equal([123], x[^1, ^1, ^1]);
        Assert.Equal([3, 4], x[0].shape);
        Close.Equal([112], x[new long[] { 1, 1, 2 }]);
    }

    [Fact]
    public void Slices_agree_with_ranges()
    {
        using var scope = NewDisposeScope();
        var x = Digits();
        Close.Equal([11, 12, 21, 22], x[0, 1.., 1..3]);
        Close.Equal([2, 3], x[0, 0, ^2..]);
        Close.Equal([0, 1, 2], x[0, 0, ..^1]);
        Close.Equal([0, 2], x[0, 0, TensorIndex.Slice(step: 2)]);
        Close.Equal([1, 2], x[0, 0, (1, 3)]);
        Close.Equal([2, 12, 22, 102, 112, 122], x[TensorIndex.Ellipsis, 2]);
        Close.Equal([1, 11, 21], x[0, TensorIndex.Colon, 1]);
        Assert.Equal([1, 2, 1, 3, 4], x[TensorIndex.Null, TensorIndex.Colon, TensorIndex.None].shape);
        Assert.Equal([2, 3, 4], x[TensorIndex.Ellipsis].shape);
        Assert.Equal([1, 2, 3, 4], x[TensorIndex.Bool(true)].shape);
        Assert.Equal([0, 2, 3, 4], x[TensorIndex.Bool(false)].shape);
    }

    [Fact]
    public void Tensors_pick_what_loops_pick()
    {
        using var scope = NewDisposeScope();
        var x = Digits();
        var places = tensor(new long[] { 2, 0 });
        Close.Equal([120, 121, 122, 123, 100, 101, 102, 103], x[1][places]);
        Close.Equal([22, 2, 122, 102], x[TensorIndex.Colon, TensorIndex.Tensor(places), 2]);
        Close.Equal([22, 0], x[0][places, places]);
        Close.Equal([122, 123], x[x > 121]);
    }

    [Fact]
    public void Setting_writes_where_reading_reads()
    {
        using var scope = NewDisposeScope();
        var x = Digits();
        x[1, 1, 2] = -1.0;
        Close.Equal([-1], x[1, 1, 2]);
        x[0] = zeros(3, 4, float64);
        Close.Equal([0], x[0].abs().sum());
        x[1, TensorIndex.Colon, 0] = Close.Vector(7, 8, 9);
        Close.Equal([7, 8, 9], x[1, TensorIndex.Colon, 0]);
        x[TensorIndex.Colon, 1..] = 5.0;
        Close.Equal([5], x[0, 2, 3]);
        x[x == 5] = tensor(6.0);
        Close.Equal([2 * 2 * 4], (x == 6).sum());
        var places = tensor(new long[] { 0, 0 });
        var counts = zeros(2, float64);
        Assert.Same(counts, counts.index_put_(Close.Vector(1, 2), [places], accumulate: true));
        Close.Equal([3, 0], counts);
        counts.index_put_(4, places);
        Close.Equal([4, 0], counts);
    }

    [Fact]
    public void Gathering_and_scattering_agree_with_loops()
    {
        using var scope = NewDisposeScope();
        var x = Close.Normal(3, 4);
        var index = tensor(
            new long[,]
            {
                { 0, 2 },
                { 1, 1 },
                { 3, 0 },
            }
        );
        var (values, places) = (x.data<double>(), index.data<long>());
        var gathered = new double[6];
        var scattered = new double[12];
        var added = new double[12];
        for (var i = 0; i < 3; i++)
        for (var j = 0; j < 2; j++)
        {
            gathered[2 * i + j] = values[i, places[i, j]];
            scattered[4 * i + places[i, j]] = 2 * i + j;
            added[4 * i + places[i, j]] += 2 * i + j;
        }
        var source = arange(6, dtype: float64).view(3, 2);
        var zero = zeros(3, 4, float64);
        Close.Equal(gathered, x.gather(1, index));
        Close.Equal(scattered, zero.scatter(1, index, source));
        Close.Equal(added, zero.scatter_add(1, index, source));
        Assert.Same(zero, zero.scatter_add_(1, index, source));
        Close.Equal(added, zero);
    }

    [Fact]
    public void Whole_slices_are_selected_added_copied_and_filled()
    {
        using var scope = NewDisposeScope();
        var index = tensor(new long[] { 2, 0 });
        var x = arange(6, dtype: float64).view(3, 2);
        Close.Equal([4, 5, 0, 1], x.index_select(0, index));
        Close.Equal([5, 6], x.take(tensor(new long[] { 5, 4 })).flip(0) + 1);
        var ones2 = ones(2, 2, float64);
        Close.Equal([2, 3, 2, 3, 6, 7], x.index_add(0, index, ones2, 2));
        Close.Equal([1, 1, 2, 3, 1, 1], x.index_copy(0, index, ones2));
        Close.Equal([9, 9, 2, 3, 9, 9], x.index_fill(0, index, 9));
        Assert.Same(x, x.index_add_(0, index, ones2, 2));
        Close.Equal([2, 3, 2, 3, 6, 7], x);
        Assert.Same(x, x.masked_fill_(x > 5, 0));
        Close.Equal([2, 3, 2, 3, 0, 0], x);
        Close.Equal([7, 3, 2, 7, 0, 0], x.diagonal_scatter(Close.Vector(7, 7)));
    }

    [Fact]
    public void An_index_outside_is_refused_with_the_reason()
    {
        using var scope = NewDisposeScope();
        var x = Digits();
        var error = Assert.Throws<System.Runtime.InteropServices.ExternalException>(() => x[2]);
        Assert.Contains("out of range", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Indexing_leaves_no_tensors_behind()
    {
        using var scope = NewDisposeScope();
        var x = Digits();
        var row = ones(4, float64);
        var before = LiveTensors.Settled();
        x[1, 1, 2].Dispose();
        x[.., 1.., TensorIndex.Null].Dispose();
        x[1, 0] = row;
        x[.., 1] = row;
        Assert.Equal(before, Tensor.TotalCount);
    }
}
