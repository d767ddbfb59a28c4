using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>What a seed draws for a data point does not depend on how the data are split into batches.</summary>
public sealed class SplitTests
{
    private static readonly PredictionOptions[] Options =
    [
        new(),
        new() { Link = LinkApproximation.MonteCarlo, Samples = 7 },
        new() { Type = PredictionType.SampledWeights, Samples = 7 },
    ];

    [Theory]
    [InlineData("convolution, batch norm, dropout")]
    [InlineData("tokens, some ignored")]
    [InlineData("yes and no, a layer used twice")]
    public void Samples_do_not_depend_on_the_split(string name)
    {
        using var scope = NewDisposeScope();
        var network = Networks.Zoo.Named(name, ScalarType.Float64);
        using var posterior = LaplacePosterior.Fit(network.Model, network.Loss, network.Batches);
        foreach (var options in Options)
        {
            var whole = posterior.Predict(network.Input, options);
            var split = posterior.Predict(network.Batches.Select(batch => batch.Input), options);
            Agree(whole.Probabilities!, split.Probabilities!);
            if (whole.ProbabilityVariance is { } variance)
                Agree(variance, split.ProbabilityVariance!);
        }
    }

    private static void Agree(Tensor expected, Tensor found) =>
        Assert.InRange((expected - found).abs().max().ToDouble(), 0, 1e-10);
}
