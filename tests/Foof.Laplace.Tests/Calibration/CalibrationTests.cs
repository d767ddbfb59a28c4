using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

public sealed class CalibrationTests
{
    private static Tensor Probabilities =>
        tensor(
            new[,]
            {
                { 0.7, 0.2, 0.1 },
                { 0.1, 0.8, 0.1 },
                { 0.3, 0.3, 0.4 },
                { 0.6, 0.3, 0.1 },
            }
        );

    private static Tensor Labels => tensor(new[] { 0L, 1L, 0L, 1L });

    [Fact]
    public void Scores_are_those_counted_by_hand()
    {
        using var scope = NewDisposeScope();
        var loss = -(Math.Log(0.7) + Math.Log(0.8) + Math.Log(0.3) + Math.Log(0.3)) / 4;
        Assert.Equal(loss, Calibration.NegativeLogLikelihood(Probabilities, Labels), 1e-12);
        Assert.Equal(0.5, Calibration.Accuracy(Probabilities, Labels));
        var brier = (0.14 + 0.06 + (0.49 + 0.09 + 0.16) + (0.36 + 0.49 + 0.01)) / 4;
        Assert.Equal(brier, Calibration.Brier(Probabilities, Labels), 1e-12);
    }

    [Fact]
    public void Bins_hold_confidence_and_accuracy_of_their_points()
    {
        using var scope = NewDisposeScope();
        var bins = Calibration.Reliability(Probabilities, Labels, 2);
        Assert.Equal(2, bins.Count);
        Assert.Equal((1, 0.4, 0.0), (bins[0].Count, bins[0].Confidence, bins[0].Accuracy));
        Assert.Equal(3, bins[1].Count);
        Assert.Equal(0.7, bins[1].Confidence, 1e-12);
        Assert.Equal(2.0 / 3, bins[1].Accuracy, 1e-12);
        var expected = 0.25 * 0.4 + 0.75 * Math.Abs(0.7 - 2.0 / 3);
        Assert.Equal(expected, Calibration.CalibrationError(Probabilities, Labels, 2), 1e-12);
    }

    [Fact]
    public void The_area_under_the_curve_is_the_share_of_pairs_in_order()
    {
        using var scope = NewDisposeScope();
        var inside = tensor(new[] { 0.1, 0.4, 0.4, 0.7 });
        var outside = tensor(new[] { 0.4, 0.9, 0.05 });
        Assert.Equal((1 + 1 + 4) / 12.0, Calibration.Auroc(inside, outside), 1e-12);
        Assert.Equal(0.5, Calibration.Auroc(inside, inside), 1e-12);
        Assert.Throws<ArgumentException>(() => Calibration.Auroc(inside, outside.narrow(0, 0, 0)));
    }

    [Fact]
    public void Temperature_scaling_finds_the_temperature_that_outputs_were_multiplied_by()
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        var output = randn(20_000, 4, dtype: ScalarType.Float64);
        var labels = LikelihoodModule.sample(Likelihood.Categorical, output, new Generator(2));
        var found = TemperatureScaling.Fit(output * 3, labels);
        Assert.InRange(found.Temperature, 2.8, 3.2);
    }

    [Fact]
    public void Labels_and_shapes_that_do_not_fit_are_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => Calibration.Accuracy(Probabilities, Labels + 2));
        Assert.Throws<ArgumentException>(() => Calibration.Accuracy(Probabilities, Labels.narrow(0, 0, 2)));
    }

    public static TheoryData<string, Func<Tensor, object>> Scores =>
        new()
        {
            { nameof(Calibration.NegativeLogLikelihood), p => Calibration.NegativeLogLikelihood(p, Labels) },
            { nameof(Calibration.Accuracy), p => Calibration.Accuracy(p, Labels) },
            { nameof(Calibration.Brier), p => Calibration.Brier(p, Labels) },
            { nameof(Calibration.CalibrationError), p => Calibration.CalibrationError(p, Labels) },
            { nameof(Calibration.Reliability), p => Calibration.Reliability(p, Labels) },
            { nameof(Calibration.Entropy), Calibration.Entropy },
            { nameof(Calibration.OneMinusConfidence), Calibration.OneMinusConfidence },
        };

    [Theory]
    [MemberData(nameof(Scores))]
    public void What_is_not_a_probability_is_refused(string name, Func<Tensor, object> score)
    {
        Assert.NotEmpty(name);
        using var scope = NewDisposeScope();
        Assert.NotNull(score(Probabilities));
        foreach (
            var wrong in new[]
            {
                randn(4, 3),
                Probabilities * 0.9,
                Probabilities - 1,
                ones(4, 3, dtype: ScalarType.Int64),
            }
        )
        {
            var error = Assert.ThrowsAny<ArgumentException>(() => score(wrong));
            Assert.Contains(
                "pass softmax(1) of the outputs, or Prediction.Probabilities",
                error.Message,
                StringComparison.Ordinal
            );
        }
        var bad = Probabilities;
        bad[1, 1] = double.NaN;
        Assert.Contains(
            "probabilities",
            Assert.Throws<NumericalFailure>(() => score(bad)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Probabilities_of_few_bits_are_taken()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var exact = randn(50, 10).softmax(1);
        var labels = exact.argmax(1);
        foreach (var kind in new[] { ScalarType.Float16, ScalarType.BFloat16, ScalarType.Float32 })
            Assert.Equal(1.0, Calibration.Accuracy(exact.to(kind), labels), 0.05);
    }

    [Fact]
    public void Labels_are_whole_numbers_of_any_size_on_the_same_device()
    {
        using var scope = NewDisposeScope();
        var expected = Calibration.NegativeLogLikelihood(Probabilities, Labels);
        foreach (var kind in new[] { ScalarType.Int32, ScalarType.Int16, ScalarType.Byte })
            Assert.Equal(expected, Calibration.NegativeLogLikelihood(Probabilities, Labels.to(kind)));
        foreach (var kind in new[] { ScalarType.Float32, ScalarType.Bool })
            Assert.Contains(
                $"{kind}",
                Assert
                    .ThrowsAny<ArgumentException>(() =>
                        Calibration.NegativeLogLikelihood(Probabilities, Labels.to(kind))
                    )
                    .Message,
                StringComparison.Ordinal
            );
        Assert.Contains(
            "meta",
            Assert
                .ThrowsAny<ArgumentException>(() => Calibration.Brier(Probabilities, Labels.to(device("meta"))))
                .Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Outputs_without_classes_are_refused_by_temperature_scaling()
    {
        using var scope = NewDisposeScope();
        foreach (
            var action in new Action[]
            {
                () => TemperatureScaling.Fit(ones(4), Labels),
                () => new TemperatureScaling(1).Apply(ones(4)),
            }
        )
            Assert.Contains(
                "must be [n; C; ...]; got [4",
                Assert.ThrowsAny<ArgumentException>(action).Message,
                StringComparison.Ordinal
            );
        Assert.Throws<NumericalFailure>(() => TemperatureScaling.Fit(ones(4, 3) * float.NaN, Labels));
    }
}
