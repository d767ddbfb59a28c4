using Foof.Laplace.Tests.Networks;
using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>Batches of sequences of different lengths, which cannot be one prediction.</summary>
public sealed class DifferentShapesTests
{
    [Theory]
    [InlineData(PredictionType.Linearised)]
    [InlineData(PredictionType.SampledWeights)]
    public void Batches_of_other_lengths_are_refused_and_nothing_is_left(PredictionType type)
    {
        using var scope = NewDisposeScope();
        var network = Zoo.Named("numbers at positions", ScalarType.Float64);
        using var posterior = LaplacePosterior.Fit(network.Model, network.Loss, network.Batches);
        Tensor[] inputs = [network.Input, cat([network.Input, network.Input], 1)];
        var options = new PredictionOptions { Type = type, Samples = 3 };
        long left = 0;
        Unscoped.Run(() =>
        {
            _ = Assert.Throws<ArgumentException>(() => posterior.Predict(inputs, options));
            var live = LiveTensors.Settled();
            var error = Assert.Throws<ArgumentException>(() => posterior.Predict(inputs, options));
            left = Tensor.TotalCount - live;
            Assert.StartsWith(
                "The outputs of all batches must have one shape, apart from the number of data points; got [6; 2; 2] and "
                    + "[6; 4; 2]",
                error.Message,
                StringComparison.Ordinal
            );
        });
        Assert.Equal(0, left);
    }

    [Fact]
    public void Validation_batches_of_other_lengths_are_refused_and_nothing_changes()
    {
        using var scope = NewDisposeScope();
        var network = Zoo.Named("tokens, some ignored", ScalarType.Float64);
        using var posterior = LaplacePosterior.Fit(network.Model, network.Loss, network.Batches);
        var (input, target) = (network.Input, network.Target);
        var error = Assert.Throws<ArgumentException>(() =>
            posterior.TuneByValidation(
                [(input, target), (cat([input, input], 1), cat([target, target], 1))],
                new() { Type = PredictionType.SampledWeights, Samples = 3 }
            )
        );
        Assert.Contains("got [6; 3] and [6; 6]", error.Message, StringComparison.Ordinal);
        Assert.Equal([1, 1], posterior.PriorPrecision);
    }
}
