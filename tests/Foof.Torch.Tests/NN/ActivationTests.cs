using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Foof.Torch.Tests.NN;

public class ActivationTests
{
    private static readonly double[] Points = [-4, -1.5, -0.3, 0, 0.4, 1.2, 7];

    private static void Check(Module<Tensor, Tensor> module, Func<double, double> formula)
    {
        using var scope = NewDisposeScope();
        using var owner = module;
        var input = Numbers.Of([7], Points);
        Numbers.Close([.. Points.Select(formula)], module.call(input));
        Numbers.Close(Points, input);
        if (module.GetType().GetProperty("inplace") is not { } inplace)
            return;
        inplace.SetValue(module, true);
        var output = module.call(input);
        Assert.NotSame(input, output);
        Numbers.Close([.. Points.Select(formula)], input);
        Numbers.Close([.. Points.Select(formula)], output);
    }

    [Fact]
    public void Activations_are_their_formulas_and_in_place_on_request()
    {
        Check(ReLU(), x => Math.Max(x, 0));
        Check(ReLU6(), x => Math.Clamp(x, 0, 6));
        Check(LeakyReLU(0.2), x => x > 0 ? x : 0.2 * x);
        Check(ELU(1.5), x => x > 0 ? x : 1.5 * (Math.Exp(x) - 1));
        Check(SiLU(), x => x / (1 + Math.Exp(-x)));
        Check(Sigmoid(), x => 1 / (1 + Math.Exp(-x)));
        Check(Tanh(), Math.Tanh);
        Check(Mish(), x => x * Math.Tanh(Math.Log(1 + Math.Exp(x))));
        Check(Hardtanh(-2, 3), x => Math.Clamp(x, -2, 3));
        Check(Hardswish(), x => x * Math.Clamp(x + 3, 0, 6) / 6);
        Check(Softplus(2, 10), x => 2 * x > 10 ? x : Math.Log(1 + Math.Exp(2 * x)) / 2);
        Check(Softmax(0), x => Math.Exp(x) / Points.Sum(Math.Exp));
        Check(LogSoftmax(0), x => x - Math.Log(Points.Sum(Math.Exp)));
        Check(
            GELU(TorchSharp.Modules.GELU.Approximate.tanh),
            x => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)))
        );
    }

    [Fact]
    public void The_exact_gelu_is_x_times_the_normal_distribution_function()
    {
        using var scope = NewDisposeScope();
        Numbers.Close([-0.15865525393145707, 0, 0.8413447460685429], GELU().call(Numbers.Of([3], -1, 0, 1)));
    }

    [Fact]
    public void Interpolation_repeats_or_blends_and_one_hot_marks()
    {
        using var scope = NewDisposeScope();
        var input = Numbers.Of([1, 1, 1, 2], 1, 3);
        Numbers.Close([1, 1, 3, 3, 1, 1, 3, 3], functional.interpolate(input, scale_factor: [2, 2]));
        Numbers.Close(
            [1, 2, 3],
            functional.interpolate(input, [1, 3], mode: InterpolationMode.Bilinear, align_corners: true)
        );
        Numbers.Close([0, 0, 1, 1, 0, 0], functional.one_hot(Numbers.Classes([2], 2, 0)));
        Numbers.Close([9, 1, 2, 9], functional.pad(Numbers.Of([2], 1, 2), 1, value: 9));
        Assert.Throws<ArgumentException>(() => functional.interpolate(input));
    }
}
