using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>The Fisher of a model over batches in one structure, by the core's loop over them.</summary>
/// <param name="Model">The model that the layers are of.</param>
/// <param name="Layers">Those that are covered.</param>
/// <param name="Likelihood">How the output speaks about labels.</param>
/// <param name="Structure">What is kept.</param>
/// <param name="Fisher">Whose labels the gradients are taken at.</param>
/// <param name="Generator">Draws sampled labels; null: the default one.</param>
internal sealed record CurvatureGathering(
    nn.Module<Tensor, Tensor> Model,
    Layer[] Layers,
    Likelihood Likelihood,
    CurvatureStructure Structure,
    Fisher Fisher,
    Generator? Generator
)
{
    /// <summary>What is called, which may be a head that calls the model.</summary>
    internal nn.Module<Tensor, Tensor> Called { get; init; } = Model;

    /// <summary>
    /// The curvature of all batches, whose tensors are in no scope, and the points that count.
    /// </summary>
    internal (Curvature Curvature, long Points) Run(
        LabelledBatches batches,
        Action<Curvature, long> requireRoom,
        IProgress<int>? progress,
        CancellationToken cancellation
    )
    {
        var (curvature, points) = DataCurvature.accumulate(
            DataCurvature.curvatures,
            (_, input, target) =>
            {
                // The output is made for the labels' check alone.
                using var output = target is null ? null : Output(input, target);
                var count = Points(input, output, target);
                return (OfBatch(input, target), count);
            },
            requireRoom,
            progress,
            cancellation,
            batches
        );
        return (OfAll(curvature), points);
    }

    /// <summary>The output for a batch, without a graph.</summary>
    internal Tensor Output(Tensor input, Tensor? target) =>
        Mismatch.Explained(Model, input, target, () => ForwardPass.output(Called, input));

    /// <summary>How many of a batch's data points count; raises where labels do not fit the output.</summary>
    internal long Points(Tensor input, Tensor? output, Tensor? target) =>
        Mismatch.Explained(
            Model,
            input,
            target,
            () => DataCurvature.points(Likelihood, input, output, target)
        );

    /// <summary>The columns of one batch, in the scope around.</summary>
    internal FisherFactor Factor(Fisher fisher, Tensor input, Tensor? target) =>
        Mismatch.Explained(
            Model,
            input,
            target,
            () => FisherModule.factor(new(Called, Layers, Likelihood, Generator), fisher, new(input, target))
        );

    /// <summary>
    /// The curvature of one batch, in the scope around: of a part of the data, see <see cref="OfAll"/>.
    /// </summary>
    internal Curvature OfBatch(Tensor input, Tensor? target)
    {
        var factor = Factor(Fisher, input, target);
        return Structure switch
        {
            // The block of a single layer is all, and cheaper to write out.
            CurvatureStructure.Dense when Layers.Length > 1 => Foof.Structure.dense(factor),
            CurvatureStructure.Dense or CurvatureStructure.DenseBlocks => Foof.Structure.layerwiseDense(
                factor
            ),
            CurvatureStructure.Kronecker => Foof.Structure.kronecker(
                Positions.Summed,
                Positions.Averaged,
                factor
            ),
            CurvatureStructure.Foof => Foof.Structure.activationFactors(Positions.Averaged, factor),
            CurvatureStructure.Diagonal => Foof.Structure.diagonal(factor),
            _ => Foof.Structure.lowRank(FisherFactorModule.ownActivations(factor)),
        };
    }

    // Blocks share the columns of the whole; an eigenbasis is that of all batches together.
    private Curvature OfAll(Curvature curvature)
    {
        if (curvature is not Curvature.LowRank { G: var G } || Structure == CurvatureStructure.LowRank)
            return curvature;
        if (Structure == CurvatureStructure.LowRankBlocks)
            return Foof.Structure.layerwiseLowRank(G);
        IEnumerable<Tensor> found = [];
        try
        {
            using var scope = NewDisposeScope();
            using var unrecorded = no_grad();
            var basis = Foof.Structure.eigenbasis(Positions.Summed, Positions.Averaged, G);
            found = Kept.Detach([.. CurvatureModule.tensors(basis)]);
            return basis;
        }
        finally
        {
            Kept.Replace(CurvatureModule.tensors(curvature), found);
        }
    }

    /// <summary>Returns a structure that a class has; raises one sentence with those that it has.</summary>
    internal static CurvatureStructure Supported(
        string subject,
        CurvatureStructure structure,
        params CurvatureStructure[] supported
    ) =>
        supported.Contains(Argument.Known(structure, nameof(Structure)))
            ? structure
            : throw new ArgumentException(
                $"{nameof(Structure)} must be one of {string.Join(", ", supported)} for {subject}; got {structure}.",
                nameof(structure)
            );
}
