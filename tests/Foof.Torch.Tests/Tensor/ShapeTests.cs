using static TorchSharp.torch;

namespace Foof.Torch.Tests;

public class ShapeTests
{
    private static Tensor Counting(params long[] shape)
    {
        var size = shape.Aggregate(1L, (a, b) => a * b);
        return arange(size, dtype: float64).reshape(shape);
    }

    [Fact]
    public void Views_share_memory_and_copies_do_not()
    {
        using var scope = NewDisposeScope();
        void Check(Func<Tensor, Tensor> make, bool shares)
        {
            var x = Counting(2, 3);
            var part = make(x);
            part.fill_(-1);
            Assert.Equal(shares, (x == -1).any().ToBoolean());
        }
        Check(x => x.view(3, 2), true);
        Check(x => x.reshape(6), true);
        Check(x => x.t(), true);
        Check(x => x.T, true);
        Check(x => x.mT, true);
        Check(x => x.transpose(0, 1), true);
        Check(x => x.permute(1, 0), true);
        Check(x => x.narrow(1, 1, 2), true);
        Check(x => x.select(0, 1), true);
        Check(x => x.slice(1, 0, 3, 2), true);
        Check(x => x[1], true);
        Check(x => x[.., 1..], true);
        Check(x => x.unsqueeze(0), true);
        Check(x => x.diagonal(), true);
        Check(x => x.split(1)[0], true);
        Check(x => x.chunk(2)[0], true);
        Check(x => x.unbind()[1], true);
        Check(x => x.movedim([0], [1]), true);
        Check(x => x.alias(), true);
        Check(x => x.detach(), true);
        Check(x => x.clone(), false);
        Check(x => x.t().contiguous(), false);
        Check(x => x.repeat(2, 1), false);
        Check(x => x.flip(0), false);
        Check(x => x.index_select(0, tensor(new long[] { 0 })), false);
    }

    [Fact]
    public void Shapes_change_as_their_names_say()
    {
        using var scope = NewDisposeScope();
        var x = Counting(2, 3, 4);
        Assert.Equal([6, 4], x.reshape(-1, 4).shape);
        Assert.Equal([24], x.flatten().shape);
        Assert.Equal([2, 12], x.flatten(1).shape);
        Assert.Equal([2, 3, 2, 2], x.unflatten(-1, 2, -1).shape);
        Assert.Equal([2, 3, 1, 4], x.unsqueeze(2).shape);
        Assert.Equal([2, 3, 4], x.unsqueeze(0).squeeze().shape);
        Assert.Equal([1, 2, 3, 4], x.unsqueeze(0).unsqueeze(-1).squeeze(-1).shape);
        Assert.Equal([4, 2, 3], x.permute(2, 0, 1).shape);
        Assert.Equal([4, 3, 2], x.swapaxes(0, 2).shape);
        Assert.Equal([3, 4, 2], movedim(x, 0, 2).shape);
        Assert.Equal([5, 2, 3, 4], x.expand(5, -1, -1, -1).shape);
        Assert.Equal([2, 3, 4], ones(1, 1, 4).expand_as(x).shape);
        Assert.Equal([4, 3, 8], x.repeat(2, 1, 2).shape);
        Assert.Equal([2, 3, 8], x.tile([2]).shape);
        Assert.Equal([2, 6, 4], x.repeat_interleave(2, 1).shape);
        Assert.Equal([2, 4, 3], x.mT.shape);
        Assert.Equal([2, 3, 3, 2], x.unfold(2, 2, 1).shape);
        Assert.Equal(x.shape, x.view(24).view_as(x).shape);
        Assert.True(x.transpose(0, 1).contiguous().is_contiguous());
    }

    [Fact]
    public void Tensors_join_and_part_again()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Close.Vector(1, 2), Close.Vector(3, 4));
        Close.Equal([1, 2, 3, 4], cat([a, b]));
        Assert.Equal([2, 2], stack([a, b]).shape);
        Close.Equal([1, 3, 2, 4], stack([a, b], 1));
        Close.Equal([1, 2, 3, 4], hstack(a, b));
        Assert.Equal([2, 2], vstack([a, b]).shape);
        var x = Counting(5, 2);
        Assert.Equal([2, 2, 1], x.split(2).Select(part => part.shape[0]));
        Assert.Equal([1, 4], x.split([1, 4]).Select(part => part.shape[0]));
        Assert.Equal([2, 2, 1], x.chunk(3).Select(part => part.shape[0]));
        Close.Equal(x, cat(x.split(2)));
        Close.Equal(x, stack(x.unbind(1), 1));
        Close.Equal([1, 2, 0, 0, 0, 3], block_diag(a.unsqueeze(0), b[..1].unsqueeze(0)));
        Close.Equal([1, 2, 1, 3, 2, 3], combinations(Close.Vector(1, 2, 3)));
        Close.Equal([1, 3, 1, 4, 2, 3, 2, 4], cartesian_prod(a, b));
        var grid = meshgrid([a, b]);
        Close.Equal([1, 1, 2, 2], grid[0]);
        Close.Equal([3, 4, 3, 4], grid[1]);
    }

    [Fact]
    public void Diagonals_and_triangles_are_where_they_should_be()
    {
        using var scope = NewDisposeScope();
        var x = Counting(3, 3);
        Close.Equal([0, 4, 8], x.diag());
        Close.Equal([1, 5], x.diagonal(1));
        Close.Equal([12], x.trace());
        Close.Equal([1, 0, 0, 2], Close.Vector(1, 2).diag());
        Close.Equal([1, 0, 0, 2], Close.Vector(1, 2).diag_embed());
        Close.Equal([0, 0, 0, 3, 4, 0, 6, 7, 8], x.tril());
        Close.Equal([0, 1, 2, 0, 0, 5, 0, 0, 0], x.triu().sub(x.diag().diag()));
        Assert.Same(x, x.tril_(-1));
        Close.Equal([0, 0, 0, 3, 0, 0, 6, 7, 0], x);
        Close.Equal([0, 1, 1, 0, 0, 1], tril_indices(2, 2));
    }

    [Fact]
    public void Order_reverses_and_rolls()
    {
        using var scope = NewDisposeScope();
        Close.Equal([3, 2, 1], Close.Vector(1, 2, 3).flip(0));
        Close.Equal([3, 1, 2], Close.Vector(1, 2, 3).roll(1));
        Close.Equal([1, 0, 3, 2], Counting(2, 2).roll(1, 1));
        Close.Equal([1, 3, 0, 2], Counting(2, 2).rot90());
    }

    [Fact]
    public void A_shape_that_does_not_fit_is_refused_with_the_reason()
    {
        using var scope = NewDisposeScope();
        var x = Counting(2, 3);
        var error = Assert.Throws<System.Runtime.InteropServices.ExternalException>(() => x.reshape(4, 2));
        Assert.Contains("is invalid for input of size 6", error.Message, StringComparison.Ordinal);
        Assert.Throws<System.Runtime.InteropServices.ExternalException>(() => x.t().view(6));
    }
}
