using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using static TorchSharp.torch.nn.functional;

namespace Foof.Torch.Tests.NN;

public class LossTests
{
    private static readonly double[] Inputs = [0.2, -1.5, 0.7, 3.0];
    private static readonly double[] Targets = [0.0, 1.0, 0.5, 0.25];

    private static void Check(
        Func<double, double, double> formula,
        Func<Tensor, Tensor, Reduction, Tensor> loss,
        double[]? inputs = null
    )
    {
        using var scope = NewDisposeScope();
        inputs ??= Inputs;
        var (x, y) = (Numbers.Of([4], inputs), Numbers.Of([4], Targets));
        var expected = inputs.Zip(Targets, formula).ToArray();
        Numbers.Close(expected, loss(x, y, Reduction.None));
        Numbers.Close([expected.Sum()], loss(x, y, Reduction.Sum));
        Numbers.Close([expected.Average()], loss(x, y, Reduction.Mean));
    }

    [Fact]
    public void Losses_of_two_numbers_are_their_formulas_in_every_reduction()
    {
        Check((x, y) => (x - y) * (x - y), (x, y, r) => MSELoss(r).call(x, y));
        Check((x, y) => Math.Abs(x - y), (x, y, r) => L1Loss(r).call(x, y));
        Check(
            (x, y) => Math.Abs(x - y) is var d && d < 0.5 ? d * d : d - 0.25,
            (x, y, r) => SmoothL1Loss(r, 0.5).call(x, y)
        );
        Check(
            (x, y) => Math.Abs(x - y) is var d && d < 2 ? d * d / 2 : 2 * (d - 1),
            (x, y, r) => HuberLoss(2, r).call(x, y)
        );
        Check((x, y) => Math.Exp(x) - y * x, (x, y, r) => PoissonNLLLoss(reduction: r).call(x, y));
        Check(
            (x, y) => x - y * Math.Log(x + 1e-8f),
            (x, y, r) => PoissonNLLLoss(false, reduction: r).call(x, y),
            [0.2, 1.5, 0.7, 3.0]
        );
        Check((x, y) => Math.Exp(y) * (y - x), (x, y, r) => KLDivLoss(reduction: r).call(x, y));
        Check((x, y) => y == 0 ? 0 : y * (Math.Log(y) - x), (x, y, r) => KLDivLoss(false, r).call(x, y));
        Check(
            (x, y) => -(y * Math.Log(x) + (1 - y) * Math.Log(1 - x)),
            (x, y, r) => BCELoss(reduction: r).call(x, y),
            [0.2, 0.5, 0.7, 0.9]
        );
        Check(
            (x, y) => Math.Log(1 + Math.Exp(x)) - y * x,
            (x, y, r) => BCEWithLogitsLoss(reduction: r).call(x, y)
        );
    }

    [Fact]
    public void Weights_of_binary_cross_entropy_multiply_elements_and_positives()
    {
        using var scope = NewDisposeScope();
        var (x, y) = (Numbers.Of([1, 2], 0, 0), Numbers.Of([1, 2], 1, 0));
        var loss = BCEWithLogitsLoss(Numbers.Of([2], 2, 3), Reduction.None, Numbers.Of([2], 5, 7));
        Numbers.Close([2 * 5 * Math.Log(2), 3 * Math.Log(2)], loss.call(x, y));
    }

    private static double[] LogSoftmax(double[] row) => [.. row.Select(x => x - Math.Log(row.Sum(Math.Exp)))];

    [Fact]
    public void Cross_entropy_weighs_classes_ignores_one_and_averages_over_weights()
    {
        using var scope = NewDisposeScope();
        double[][] rows =
        [
            [1, 2, 3],
            [0, -1, 4],
            [2, 2, 2],
        ];
        var input = Numbers.Of([3, 3], [.. rows.SelectMany(r => r)]);
        var target = Numbers.Classes([3], 2, 0, 1);
        var weight = Numbers.Of([3], 1, 2, 3);
        var elements = new[]
        {
            -3 * LogSoftmax(rows[0])[2],
            -LogSoftmax(rows[1])[0],
            -2 * LogSoftmax(rows[2])[1],
        };
        Numbers.Close(elements, cross_entropy(input, target, weight, reduction: Reduction.None));
        Numbers.Close([elements.Sum()], cross_entropy(input, target, weight, reduction: Reduction.Sum));
        Numbers.Close([elements.Sum() / 6], cross_entropy(input, target, weight));
        Numbers.Close(
            [(elements[0] + elements[2]) / 5],
            CrossEntropyLoss(weight, ignore_index: 0).call(input, target)
        );
        Numbers.Close([elements.Sum() / 6], NLLLoss(weight).call(log_softmax(input, 1), target));
    }

    [Fact]
    public void Label_smoothing_mixes_the_target_with_all_classes()
    {
        using var scope = NewDisposeScope();
        var log = LogSoftmax([1, 2, 4]);
        using var loss = new TorchSharp.Modules.CrossEntropyLoss(label_smoothing: 0.3);
        Numbers.Close(
            [-0.7 * log[1] - 0.1 * log.Sum()],
            loss.call(Numbers.Of([1, 3], 1, 2, 4), Numbers.Classes([1], 1))
        );
    }

    [Fact]
    public void Cross_entropy_takes_probabilities_and_pixels()
    {
        using var scope = NewDisposeScope();
        var log = LogSoftmax([1, 2, 4]);
        var input = Numbers.Of([1, 3], 1, 2, 4);
        Numbers.Close([-0.5 * log[0] - 0.5 * log[2]], cross_entropy(input, Numbers.Of([1, 3], 0.5, 0, 0.5)));
        var pixels = Numbers.Of([1, 3, 1, 1], 1, 2, 4);
        Numbers.Close([-log[2]], cross_entropy(pixels, Numbers.Classes([1, 1, 1], 2)));
    }

    [Fact]
    public void Gaussian_negative_log_likelihood_sums_over_an_examples_elements()
    {
        using var scope = NewDisposeScope();
        var (x, y, v) = (
            Numbers.Of([2, 2], 1, 2, 3, 4),
            Numbers.Of([2, 2], 0, 0, 0, 0),
            Numbers.Of([2, 1], 2, 4)
        );
        var rows = new[] { Math.Log(2) + 5.0 / 4, Math.Log(4) + 25.0 / 8 };
        Numbers.Close(rows, GaussianNLLLoss(reduction: Reduction.None).call(x, y, v));
        Numbers.Close([rows.Average() + Math.Log(2 * Math.PI)], GaussianNLLLoss(full: true).call(x, y, v));
        Assert.Throws<ArgumentException>(() => GaussianNLLLoss().call(x, y, Numbers.Of([2, 1], 1, -1)));
    }

    [Fact]
    public void A_losss_weight_moves_with_it_and_stays_the_callers()
    {
        using var scope = NewDisposeScope();
        var weight = Numbers.Of([2], 1, 2);
        var loss = CrossEntropyLoss(weight).@float();
        Assert.Equal(float32, loss.weight!.dtype);
        Assert.Equal(float64, weight.dtype);
        loss.Dispose();
        Numbers.Close([1, 2], weight);
    }
}
