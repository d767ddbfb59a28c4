using static TorchSharp.torch;

namespace Foof.Torch.Tests;

public class ArithmeticTests
{
    [Fact]
    public void Number_operators_work_on_both_sides_and_for_every_number_type()
    {
        using var scope = NewDisposeScope();
        var x = Close.Vector(1, 2, 4);
        foreach (
            var sum in new[] { x + 2, x + 2L, x + 2f, x + 2.0, 2 + x, 2L + x, 2f + x, 2.0 + x, x + (Scalar)2 }
        )
            Close.Equal([3, 4, 6], sum);
        foreach (var difference in new[] { x - 2, x - 2L, x - 2f, x - 2.0 })
            Close.Equal([-1, 0, 2], difference);
        foreach (var difference in new[] { 2 - x, 2L - x, 2f - x, 2.0 - x, (Scalar)2 - x })
            Close.Equal([1, 0, -2], difference);
        foreach (var product in new[] { x * 2, x * 2L, x * 2f, x * 2.0, 2 * x, 2L * x, 2f * x, 2.0 * x })
            Close.Equal([2, 4, 8], product);
        foreach (var quotient in new[] { x / 2, x / 2L, x / 2f, x / 2.0 })
            Close.Equal([0.5, 1, 2], quotient);
        foreach (var quotient in new[] { 2 / x, 2L / x, 2f / x, 2.0 / x })
            Close.Equal([2, 1, 0.5], quotient);
        foreach (var remainder in new[] { x % 3, x % 3L, x % 3f, x % 3.0, x % Close.Vector(3, 3, 3) })
            Close.Equal([1, 2, 1], remainder);
        Close.Equal([-1, -2, -4], -x);
        Close.Equal([2, 4, 8], x + x);
        Close.Equal([0, 0, 0], x - x);
        Close.Equal([1, 4, 16], x * x);
        Close.Equal([1, 1, 1], x / x);
    }

    [Fact]
    public void A_number_keeps_the_type_of_the_tensor()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(ScalarType.Float32, (ones(2) * 2.0).dtype);
        Assert.Equal(ScalarType.Int64, (arange(3) + 1).dtype);
        Assert.Equal(ScalarType.Float32, (arange(3) / 2).dtype);
        Assert.Equal(ScalarType.Float32, (1 / arange(1, 3)).dtype);
    }

    [Fact]
    public void In_place_arithmetic_returns_the_same_object_and_the_pure_result()
    {
        using var scope = NewDisposeScope();
        var y = Close.Vector(2, -3, 0.5);
        void Check(Func<Tensor, Tensor> pure, Func<Tensor, Tensor> inPlace)
        {
            var x = Close.Vector(5, 6, -7);
            var expected = pure(x);
            Close.Equal([5, 6, -7], x);
            Assert.Same(x, inPlace(x));
            Close.Equal(expected, x);
        }
        Check(x => x.add(y), x => x.add_(y));
        Check(x => x.add(y, 3), x => x.add_(y, 3));
        Check(x => x.add(2), x => x.add_(2));
        Check(x => x.add(2, 3), x => x.add_(2, 3));
        Check(x => x.sub(y), x => x.sub_(y));
        Check(x => x.sub(2), x => x.sub_(2));
        Check(x => x.mul(y), x => x.mul_(y));
        Check(x => x.mul(2), x => x.mul_(2));
        Check(x => x.div(y), x => x.div_(y));
        Check(x => x.div(2, RoundingMode.floor), x => x.div_(2, RoundingMode.floor));
        Check(x => x.div(y, RoundingMode.trunc), x => x.div_(y, RoundingMode.trunc));
        Check(x => x.remainder(y), x => x.remainder_(y));
        Check(x => x.fmod(y), x => x.fmod_(y));
        Check(x => x.pow(2), x => x.pow_(2));
        Check(x => x.addcmul(y, y, 0.5), x => x.addcmul_(y, y, 0.5));
        Check(x => x.addcdiv(y, y, 0.5), x => x.addcdiv_(y, y, 0.5));
        Check(x => x.square(), x => x.square_());
    }

    [Fact]
    public void Alpha_scales_what_is_added()
    {
        using var scope = NewDisposeScope();
        Close.Equal([7, 8], Close.Vector(1, 2).add(Close.Vector(3, 3), 2));
        Close.Equal([7, 8], torch.add(Close.Vector(1, 2), 3, 2));
    }

    [Fact]
    public void Quotients_round_as_asked()
    {
        using var scope = NewDisposeScope();
        var x = Close.Vector(-7, 7);
        Close.Equal([-3.5, 3.5], x.div(2));
        Close.Equal([-3, 3], x.div(2, RoundingMode.trunc));
        Close.Equal([-4, 3], x.div(2, RoundingMode.floor));
        Close.Equal([-4, 3], x.floor_divide(2));
        Close.Equal([1, 1], x.remainder(2));
        Close.Equal([-1, 1], x.fmod(2));
    }

    [Fact]
    public void Shapes_broadcast()
    {
        using var scope = NewDisposeScope();
        Close.Equal([11, 21, 12, 22], Close.Vector(1, 2).unsqueeze(1) + Close.Vector(10, 20));
    }

    [Fact]
    public void Shapes_that_do_not_broadcast_are_refused_with_the_reason()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<System.Runtime.InteropServices.ExternalException>(() =>
            ones(2, 3) + ones(4)
        );
        Assert.Contains("must match the size of tensor b (4)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disposed_tensor_cannot_be_used()
    {
        var x = ones(2);
        x.Dispose();
        Assert.Throws<ObjectDisposedException>(() => x + 1);
        Assert.Throws<ObjectDisposedException>(() => x.shape);
        Assert.Throws<ObjectDisposedException>(() => x.data<float>());
    }

    [Fact]
    public void Comparisons_agree_with_those_of_numbers()
    {
        using var scope = NewDisposeScope();
        var (x, y) = (Close.Vector(1, 2, 3), Close.Vector(3, 2, 1));
        Close.Equal([1, 0, 0], x < y);
        Close.Equal([1, 1, 0], x <= y);
        Close.Equal([0, 0, 1], x > y);
        Close.Equal([0, 1, 1], x >= y);
        Close.Equal([0, 1, 0], x == y);
        Close.Equal([1, 0, 1], x != y);
        Close.Equal([0, 0, 1], x > 2);
        Close.Equal([0, 0, 1], 2 < x);
        Close.Equal([0, 1, 1], x >= 2.0);
        Close.Equal([1, 1, 0], 2L >= x);
        Close.Equal([0, 1, 0], x == 2);
        Close.Equal([1, 0, 1], 2f != x);
        Close.Equal([1, 0, 0], x < 2);
        Close.Equal([1, 1, 0], x <= 2);
        Assert.Same(x, x.gt_(2));
        Close.Equal([0, 0, 1], x);
    }

    [Fact]
    public void Truth_values_combine()
    {
        using var scope = NewDisposeScope();
        var (x, y) = (tensor(new[] { true, true, false }), tensor(new[] { true, false, false }));
        Close.Equal([1, 0, 0], x & y);
        Close.Equal([1, 1, 0], x | y);
        Close.Equal([0, 1, 0], x ^ y);
        Close.Equal([0, 0, 1], ~x);
        Close.Equal([1, 0, 0], x.logical_and(y));
        Close.Equal([1, 1, 0], logical_or(x, y));
        Close.Equal([0, 1, 0], x.logical_xor(y));
        Close.Equal([0, 0, 1], x.logical_not());
    }

    [Fact]
    public void Equality_of_objects_is_equality_of_all_elements()
    {
        using var scope = NewDisposeScope();
        var x = Close.Vector(1, 2);
        Assert.True(x.Equals(Close.Vector(1, 2)));
        Assert.False(x.Equals(Close.Vector(1, 3)));
        Assert.False(x.Equals((object)Close.Vector(1, 2, 3)));
        Close.Equal([1, 0], x.equal(Close.Vector(1, 3)));
        Assert.True(x.allclose(x + 1e-9));
        Assert.False(allclose(x, x + 1e-3));
        Close.Equal([1, 0], isclose(x, Close.Vector(1, 2.1)));
    }

    [Fact]
    public void Numbers_that_are_none_are_found()
    {
        using var scope = NewDisposeScope();
        var x = Close.Vector(1, double.NaN, double.PositiveInfinity, double.NegativeInfinity);
        Close.Equal([0, 1, 0, 0], x.isnan());
        Close.Equal([0, 0, 1, 1], isinf(x));
        Close.Equal([1, 0, 0, 0], x.isfinite());
        Close.Equal([0, 0, 1, 0], x.isposinf());
        Close.Equal([0, 0, 0, 1], x.isneginf());
        Close.Equal([1, 0, 5, -5], x.nan_to_num(0, 5, -5));
    }
}
