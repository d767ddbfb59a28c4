using static TorchSharp.torch;

namespace Foof.Laplace.Tests.Networks;

/// <summary>Predictions by sampled weights are means over networks that have the weights of Sample.</summary>
public sealed class SampledPredictionTests
{
    private const int Samples = 3;

    public static TheoryData<string> Names => [.. Zoo.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void They_are_means_over_networks_with_those_weights(string name)
    {
        using var scope = NewDisposeScope();
        var network = Zoo.Named(name, ScalarType.Float64);
        using var posterior = LaplacePosterior.Fit(network.Model, network.Loss, network.Batches);
        var options = new PredictionOptions
        {
            Type = PredictionType.SampledWeights,
            Samples = Samples,
            Seed = 7,
        };
        var found = posterior.Predict(network.Batches.Select(batch => batch.Input), options);

        var outputs = Outputs(network, posterior.Sample(Samples, new Generator(7)));
        Agree(outputs.mean([0]), found.Output);
        Agree(outputs.var(0, unbiased: false), found.Variance);
        var probabilities = network.Loss switch
        {
            Loss.CrossEntropy => outputs.softmax(2),
            Loss.BinaryCrossEntropy => outputs.sigmoid(),
            _ => null,
        };
        Assert.Equal(probabilities is null, found.Probabilities is null);
        if (probabilities is null)
            return;
        Agree(probabilities.mean([0]), found.Probabilities!);
        if (network.Loss == Loss.CrossEntropy)
            Agree(probabilities.var(0, unbiased: false).sum(1), found.ProbabilityVariance!);
    }

    // [samples; n; ...].
    private static Tensor Outputs(Zoo network, Tensor[] samples)
    {
        using var unrecorded = no_grad();
        using var layers = CurvatureMatrix.Fisher(network.Model, network.Loss, network.Input);
        var own = layers.Split(layers.Weights()).Select(each => (each.Parameter, each.Value.clone())).ToArray();
        var outputs = new List<Tensor>();
        for (var s = 0; s < Samples; s++)
        {
            foreach (var (parameter, value) in layers.Split([.. samples.Select(layer => layer[s])]))
                parameter.copy_(value);
            outputs.Add(network.Model.call(network.Input));
        }
        foreach (var (parameter, value) in own)
            parameter.copy_(value);
        return stack(outputs, 0);
    }

    private static void Agree(Tensor expected, Tensor found)
    {
        Assert.Equal(expected.shape, found.shape);
        Assert.InRange((expected - found).norm().ToDouble(), 0, 1e-10 * (1 + expected.norm().ToDouble()));
    }
}
