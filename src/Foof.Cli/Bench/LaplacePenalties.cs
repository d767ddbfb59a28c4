using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Bench;

/// <summary>Penalties of elastic weight consolidation by the full Fisher of one batch. Owns them.</summary>
internal sealed class LaplacePenalties : IDisposable
{
    /// <summary>Takes the batch in, and makes the gradients that the penalties are added to.</summary>
    internal LaplacePenalties(nn.Module<Tensor, Tensor> model, Tensor input)
    {
        Sampled = Consolidated(model, input, FisherLabels.Sampled);
        AllLabels = Consolidated(model, input, FisherLabels.All);
        foreach (var penalty in new[] { Sampled, AllLabels })
            penalty.AddGradient();
    }

    /// <summary>One sampled label for each data point.</summary>
    internal ElasticWeightConsolidation Sampled { get; }

    /// <summary>The expectation over all labels: as many columns a data point as there are classes.</summary>
    internal ElasticWeightConsolidation AllLabels { get; }

    private static ElasticWeightConsolidation Consolidated(
        nn.Module<Tensor, Tensor> model,
        Tensor input,
        FisherLabels labels
    )
    {
        var penalty = new ElasticWeightConsolidation(
            model,
            Loss.CrossEntropy,
            new() { Structure = ContinualStructure.FullFisher, Labels = labels }
        );
        penalty.Consolidate([(input, null)]);
        return penalty;
    }

    /// <summary>Frees what was learnt.</summary>
    public void Dispose()
    {
        Sampled.Dispose();
        AllLabels.Dispose();
    }
}
