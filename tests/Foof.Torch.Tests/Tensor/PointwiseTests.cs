using static TorchSharp.torch;

namespace Foof.Torch.Tests;

public class PointwiseTests
{
    private static readonly double[] Points = [0.3, 0.75, 0.11];

    public sealed record Sample(
        string Name,
        Func<Tensor, Tensor> Pure,
        Func<Tensor, Tensor> InPlace,
        Func<double, double> Oracle
    )
    {
        public override string ToString() => Name;
    }

    private static readonly Sample[] Cases =
    [
        new("exp", x => x.exp(), x => x.exp_(), Math.Exp),
        new("exp2", x => x.exp2(), x => x.exp2_(), x => Math.Pow(2, x)),
        new("expm1", x => x.expm1(), x => x.expm1_(), x => Math.Exp(x) - 1),
        new("log", x => x.log(), x => x.log_(), Math.Log),
        new("log2", x => x.log2(), x => x.log2_(), Math.Log2),
        new("log10", x => x.log10(), x => x.log10_(), Math.Log10),
        new("log1p", x => x.log1p(), x => x.log1p_(), x => Math.Log(1 + x)),
        new("sqrt", x => x.sqrt(), x => x.sqrt_(), Math.Sqrt),
        new("rsqrt", x => x.rsqrt(), x => x.rsqrt_(), x => 1 / Math.Sqrt(x)),
        new("reciprocal", x => x.reciprocal(), x => x.reciprocal_(), x => 1 / x),
        new("square", x => x.square(), x => x.square_(), x => x * x),
        new("pow", x => x.pow(3), x => x.pow_(3), x => x * x * x),
        new("sin", x => x.sin(), x => x.sin_(), Math.Sin),
        new("cos", x => x.cos(), x => x.cos_(), Math.Cos),
        new("tan", x => x.tan(), x => x.tan_(), Math.Tan),
        new("sinh", x => x.sinh(), x => x.sinh_(), Math.Sinh),
        new("cosh", x => x.cosh(), x => x.cosh_(), Math.Cosh),
        new("tanh", x => x.tanh(), x => x.tanh_(), Math.Tanh),
        new("asin", x => x.asin(), x => x.asin_(), Math.Asin),
        new("acos", x => x.acos(), x => x.acos_(), Math.Acos),
        new("atan", x => x.atan(), x => x.atan_(), Math.Atan),
        new("asinh", x => x.asinh(), x => x.arcsinh_(), Math.Asinh),
        new("acosh", x => (x + 1).acosh(), x => x.add_(1).acosh_(), x => Math.Acosh(x + 1)),
        new("atanh", x => x.atanh(), x => x.arctanh_(), Math.Atanh),
        new("sigmoid", x => x.sigmoid(), x => x.sigmoid_(), x => 1 / (1 + Math.Exp(-x))),
        new("relu", x => (x - 0.5).relu(), x => x.sub_(0.5).relu_(), x => Math.Max(x - 0.5, 0)),
        new("abs", x => (x - 0.5).abs(), x => x.sub_(0.5).abs_(), x => Math.Abs(x - 0.5)),
        new("neg", x => -x, x => x.neg_(), x => -x),
        new("sign", x => (x - 0.5).sign(), x => x.sub_(0.5).sign_(), x => Math.Sign(x - 0.5)),
        new("floor", x => (x * 3).floor(), x => x.mul_(3).floor_(), x => Math.Floor(3 * x)),
        new("ceil", x => (x * 3).ceil(), x => x.mul_(3).ceil_(), x => Math.Ceiling(3 * x)),
        new("trunc", x => (x * -3).trunc(), x => x.mul_(-3).trunc_(), x => Math.Truncate(-3 * x)),
        new("frac", x => (x * 3).frac(), x => x.mul_(3).frac_(), x => 3 * x - Math.Truncate(3 * x)),
        new("round", x => x.round(1), x => x.round_(1), x => Math.Round(x, 1)),
        new("clamp", x => x.clamp(0.2, 0.5), x => x.clamp_(0.2, 0.5), x => Math.Clamp(x, 0.2, 0.5)),
        new("clamp_min", x => x.clamp_min(0.2), x => x.clamp_min_(0.2), x => Math.Max(x, 0.2)),
        new("clamp_max", x => x.clamp_max(0.2), x => x.clamp_max_(0.2), x => Math.Min(x, 0.2)),
        new("erfc", x => x.erf() + x.erfc(), x => x.fill_(1), _ => 1),
        new("erfinv", x => x.erf().erfinv(), x => x.erf_().erfinv_(), x => x),
        new(
            "lgamma",
            x => (x + 3).lgamma(),
            x => x.add_(3).lgamma_(),
            x => LogGamma(x) + Math.Log(x * (x + 1) * (x + 2))
        ),
        new("digamma", x => (x + 1).digamma() - x.digamma(), x => x.reciprocal_(), x => 1 / x),
        new("logit", x => x.logit(), x => x.logit_(), x => Math.Log(x / (1 - x))),
        new("silu", x => x.silu(), x => x.silu_(), x => x / (1 + Math.Exp(-x))),
        new("elu", x => (-x).elu(), x => x.neg_().elu_(), x => Math.Exp(-x) - 1),
        new("leaky_relu", x => (-x).leaky_relu(0.1), x => x.neg_().leaky_relu_(0.1), x => -0.1 * x),
        new("deg2rad", x => x.deg2rad(), x => x.deg2rad_(), x => x * Math.PI / 180),
    ];

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Cases.Length)];

    // log Gamma(x) by the recurrence upwards and Stirling's series.
    private static double LogGamma(double x)
    {
        var shift = 0.0;
        for (; x < 20; x++)
            shift -= Math.Log(x);
        return shift
            + (x - 0.5) * Math.Log(x)
            - x
            + 0.5 * Math.Log(2 * Math.PI)
            + 1 / (12 * x)
            - 1 / (360 * Math.Pow(x, 3))
            + 1 / (1260 * Math.Pow(x, 5));
    }

    [Theory, MemberData(nameof(Numbers))]
    public void A_function_agrees_with_its_closed_form(int number)
    {
        using var scope = NewDisposeScope();
        var check = Cases[number];
        Close.Equal([.. Points.Select(check.Oracle)], check.Pure(tensor(Points)));
    }

    [Theory, MemberData(nameof(Numbers))]
    public void In_place_gives_the_same_and_returns_the_same_object(int number)
    {
        using var scope = NewDisposeScope();
        var check = Cases[number];
        var x = tensor(Points);
        Assert.Same(x, check.InPlace(x));
        Close.Equal([.. Points.Select(check.Oracle)], x);
    }

    [Fact]
    public void Softmax_and_its_logarithm_agree_with_exponentials()
    {
        using var scope = NewDisposeScope();
        var x = Close.Normal(3, 4);
        var expected = x.exp() / x.exp().sum(1, keepdim: true);
        Close.Equal(expected, x.softmax(1));
        Close.Equal(expected.log(), x.log_softmax(1));
        Assert.Equal(ScalarType.Float32, x.softmax(1, float32).dtype);
    }

    [Fact]
    public void Binary_functions_agree_with_closed_forms()
    {
        using var scope = NewDisposeScope();
        var (x, y) = (Close.Vector(1, -2, 3), Close.Vector(2, 0.5, -1));
        Close.Equal([1.5, -0.75, 1], x.lerp(y, Close.Vector(0.5, 0.5, 0.5)));
        Close.Equal([2, 0.5, 3], maximum(x, y));
        Close.Equal([1, -2, -1], x.minimum(y));
        Close.Equal([2, double.NaN], Close.Vector(2, 1).maximum(Close.Vector(1, double.NaN)));
        Close.Equal([2, 1], Close.Vector(2, 1).fmax(Close.Vector(1, double.NaN)));
        Close.Equal([Math.Atan2(1, 2), Math.Atan2(-2, 0.5), Math.Atan2(3, -1)], x.atan2(y));
        Close.Equal([1, 0.5, 3], where(x > 0, x, y));
        Close.Equal([9, -2, 9], x.masked_fill(x > 0, 9));
        Close.Equal([1, 3], x.masked_select(x > 0));
        Close.Equal([1 + 2 * 3.0, -2 - 3.0, 3 - 9.0], x.addcmul(x, y, 3));
        Close.Equal([1 + 3 * 0.5, -2 - 12, 3 - 9], x.addcdiv(x, y, 3));
        Assert.Same(x, x.lerp_(y, Close.Vector(1, 1, 1)));
        Close.Equal(y, x);
    }
}
