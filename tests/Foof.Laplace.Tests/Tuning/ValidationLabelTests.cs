using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>Validation labels that do not belong to the inputs of their batch, or are none of the loss.</summary>
public sealed class ValidationLabelTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly SmallProblem problem = new();

    public void Dispose()
    {
        problem.Dispose();
        scope.Dispose();
    }

    [Fact]
    public void Labels_of_each_batch_must_be_those_of_its_inputs()
    {
        var (x, y) = (problem.Input, problem.Target);
        // Together there are as many labels as inputs.
        Refused(
            "input and target must have the same number of rows, one for each data point; got [50; 2] and [40].",
            (x.narrow(0, 0, 50), y.narrow(0, 0, 40)),
            (x.narrow(0, 50, 10), y.narrow(0, 40, 20))
        );
        Refused(
            "The targets of all batches must have one shape, apart from the number of data points; got [60] and [60; 1].",
            (x, y),
            (x, y.unsqueeze(1))
        );
    }

    private void Refused(string sentence, params (Tensor, Tensor)[] validation)
    {
        using var posterior = problem.Fit();
        posterior.SetPriorPrecision(2, 3);
        Action[] choices =
        [
            () => posterior.TuneByValidation(validation),
            () => posterior.TuneTemperatureByValidation(validation),
        ];
        foreach (var choose in choices)
            Assert.StartsWith(sentence, Assert.Throws<ArgumentException>(choose).Message, StringComparison.Ordinal);
        Assert.Equal([2, 3], posterior.PriorPrecision);
        Assert.Equal(1, posterior.Temperature);
    }

    [Theory]
    [InlineData(-0.5)]
    [InlineData(7.0)]
    [InlineData(double.NaN)]
    public void Labels_of_yes_and_no_lie_from_0_to_1(double label)
    {
        manual_seed(2);
        var input = randn(6, 2);
        using var posterior = LaplacePosterior.Fit(
            nn.Linear(2, 1),
            Loss.BinaryCrossEntropy,
            [(input, rand(6, 1).round())]
        );
        using var prediction = posterior.Predict(input);
        var target = zeros(6, 1);
        _ = posterior.NegativeLogLikelihood(prediction, target);
        target[3, 0] = label;
        Action[] uses =
        [
            () => posterior.NegativeLogLikelihood(prediction, target),
            () => posterior.TuneByValidation([(input, target)]),
        ];
        foreach (var use in uses)
            Assert.StartsWith(
                "target must hold labels from 0 to 1, for BinaryCrossEntropy.",
                Assert.Throws<ArgumentException>(use).Message,
                StringComparison.Ordinal
            );
        Assert.Equal([1], posterior.PriorPrecision);
    }
}
