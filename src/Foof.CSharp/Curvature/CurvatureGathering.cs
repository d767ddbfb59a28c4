using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>Gathers the Fisher of a model over batches, as a mean over their data points.</summary>
internal sealed class CurvatureGathering(
    nn.Module<Tensor, Tensor> model,
    Layer[] layers,
    Likelihood likelihood,
    CurvatureOptions options,
    Generator? generator
)
{
    private readonly Fisher labels = LabelRules.Of(options.Labels, options.SampledLabels);
    private readonly long budget = Argument.AtLeast(1, options.MemoryBudget, "MemoryBudget");
    private readonly CurvatureStructure structure = Argument.Known(options.Structure, "Structure");

    /// <summary>The curvature, whose tensors are in no scope, and the number of its data points.</summary>
    internal (Curvature Curvature, long Points) Run(
        LabelledBatches batches,
        IProgress<int>? progress,
        CancellationToken cancellation
    )
    {
        var (mean, done) = (new MeanCurvature(), 0);
        try
        {
            foreach (var (input, target) in batches)
            {
                cancellation.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                using var unrecorded = no_grad();
                _ = Argument.Batch(input, ++done);
                var count = Mismatch.Explained(model, input, target, () => Points(input, target));
                mean.Add(Mismatch.Explained(model, input, target, () => OfBatch(input, target)), count);
                RequireRoom(mean);
                progress?.Report(done);
            }
            return (Finished(mean.Value), mean.Points);
        }
        catch
        {
            mean.Release([]);
            throw;
        }
    }

    private long Points(Tensor input, Tensor? target)
    {
        if (target is null)
            return SoundModel.Points(likelihood, input, input, null);
        using var output = ForwardPass.output(model, input);
        return SoundModel.Points(likelihood, input, output, target);
    }

    private Curvature OfBatch(Tensor input, Tensor? target)
    {
        var factor = FisherModule.factor(model, layers, labels, likelihood, new(input, target), generator);
        return structure switch
        {
            CurvatureStructure.Dense => Structure.dense(factor),
            CurvatureStructure.DenseBlocks => Structure.layerwiseDense(factor),
            CurvatureStructure.Kronecker => Structure.kronecker(Positions.Summed, Positions.Averaged, factor),
            CurvatureStructure.Foof => Structure.activationFactors(Positions.Averaged, factor),
            CurvatureStructure.Diagonal => Structure.diagonal(factor),
            _ => Structure.lowRank(DataCurvature.ownActivations(factor)),
        };
    }

    // Blocks share the columns of the whole; an eigenbasis is that of all batches together.
    private Curvature Finished(Curvature curvature)
    {
        if (curvature is not Curvature.LowRank { G: var G } || structure == CurvatureStructure.Full)
            return curvature;
        if (structure == CurvatureStructure.Blocks)
            return Structure.layerwiseLowRank(G);
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var found = Structure.eigenbasis(Positions.Summed, Positions.Averaged, G);
        Kept.Replace(CurvatureModule.tensors(curvature), CurvatureModule.tensors(found));
        return found;
    }

    private void RequireRoom(MeanCurvature mean)
    {
        if (mean.Bytes is var bytes && bytes > budget)
            throw new ArgumentException(
                $"The curvature of {mean.Points:N0} data points must fit the memory budget of "
                    + $"{budget:N0} bytes; it takes {bytes:N0}: use fewer data points, sampled "
                    + "labels, Kronecker factors or a larger budget."
            );
    }
}
