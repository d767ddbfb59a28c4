using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// Gathers a model's Fisher over batches in one structure, by the core's loop over batches.
/// </summary>
/// <param name="Model">The model that has the layers.</param>
/// <param name="Layers">The covered layers.</param>
/// <param name="Likelihood">The distribution of labels, given the model's output.</param>
/// <param name="Structure">What is kept of the Fisher.</param>
/// <param name="Fisher">Which labels the gradients are taken at.</param>
/// <param name="Generator">Draws sampled labels; null means TorchSharp's default generator.</param>
internal sealed record CurvatureGathering(
    nn.Module<Tensor, Tensor> Model,
    Layer[] Layers,
    Likelihood Likelihood,
    CurvatureStructure Structure,
    Fisher Fisher,
    Generator? Generator
)
{
    /// <summary>The module that is called: the model, or a head that calls the model.</summary>
    internal nn.Module<Tensor, Tensor> Called { get; init; } = Model;

    /// <summary>The bytes within which the columns of some data points at a time keep.</summary>
    internal long Budget { get; init; } = 512L << 20;

    /// <summary>
    /// Returns how many data points may be differentiated at once by so many outputs each: the errors of their columns,
    /// which are held in pieces, as a whole and while they are checked and multiplied, and what else takes
    /// <paramref name="others"/> bytes a point, keep within the budget. At least 1.
    /// </summary>
    internal static long PointsAtOnce(Layer[] layers, long outputs, long others, long budget)
    {
        var errors = layers.Sum(layer => LayerModule.outputs(layer) * layer.Weight.ElementSize);
        return (long)Math.Max(1, budget / (5.0 * outputs * errors + others));
    }

    /// <summary>
    /// Returns the curvature of all batches, whose tensors belong to no dispose scope, and how many data
    /// points count.
    /// </summary>
    internal (Curvature Curvature, long Points) Run(
        LabelledBatches batches,
        Action<Curvature, long> requireRoom,
        IProgress<int>? progress,
        CancellationToken cancellation
    )
    {
        var mean = DataCurvature.accumulate(
            DataCurvature.curvatures,
            (_, input, target) =>
            {
                // Only the check of the labels needs the output.
                using var output = target is null ? null : Output(input, target);
                var count = Points(input, output, target);
                return new DataMean<Curvature>(count > 0 ? OfBatch(input, output, target) : null!, count);
            },
            requireRoom,
            progress,
            cancellation,
            batches
        );
        return (OfAll(mean.Value), mean.DataPoints);
    }

    /// <summary>Returns the output for a batch, without recording a graph.</summary>
    internal Tensor Output(Tensor input, Tensor? target) =>
        Mismatch.Explained(Model, input, target, () => ForwardPass.output(Called, input));

    /// <summary>
    /// Returns how many data points of a batch count; raises if the labels do not fit the output.
    /// </summary>
    internal long Points(Tensor input, Tensor? output, Tensor? target) =>
        Mismatch.Explained(Model, input, target, () => DataCurvature.points(Likelihood, input, output, target));

    /// <summary>Returns the Fisher's columns of one batch, in the caller's dispose scope.</summary>
    internal FisherFactor Factor(Fisher fisher, Tensor input, Tensor? target) =>
        Mismatch.Explained(
            Model,
            input,
            target,
            () => FisherModule.factor(new(Called, Layers, Likelihood, Generator), fisher, new(input, target))
        );

    /// <summary>
    /// Returns the curvature of one batch, in the caller's dispose scope; <see cref="OfAll"/> completes the
    /// sum over batches. All labels of many classes are taken at some data points at a time.
    /// </summary>
    internal Curvature OfBatch(Tensor input, Tensor? output, Tensor? target)
    {
        if (!Fisher.IsGgn || input.dim() == 0 || input.shape[0] < 2)
            return OfPoints(input, target);
        var n = input.shape[0];
        using var first = output is null ? Output(input.narrow(0, 0, 1), null) : null;
        var most = PointsAtOnce(Layers, first?.numel() ?? output!.numel() / n, 0, Budget);
        if (most >= n)
            return OfPoints(input, target);
        using var scope = NewDisposeScope();
        var mean = DataCurvature.accumulate(
            DataCurvature.curvatures,
            (_, some, labels) =>
            {
                var count = labels is null ? some.shape[0] : Counted(labels);
                return new DataMean<Curvature>(count > 0 ? OfPoints(some, labels) : null!, count);
            },
            null,
            null,
            CancellationToken.None,
            Parts(input, target, most)
        );
        var tensors = CurvatureModule.tensors(mean.Value).ToArray();
        scope.Attach(tensors);
        scope.MoveToOuter(tensors);
        return mean.Value;
    }

    private static IEnumerable<(Tensor, Tensor)> Parts(Tensor input, Tensor? target, long most)
    {
        for (long start = 0, n = input.shape[0]; start < n; start += most)
        {
            var count = Math.Min(most, n - start);
            yield return (input.narrow(0, start, count), target?.narrow(0, start, count)!);
        }
    }

    private long Counted(Tensor target)
    {
        var counted = LikelihoodModule.counted(Likelihood, target);
        return Numbers.count(counted.reshape(target.shape[0], -1).any(1));
    }

    private Curvature OfPoints(Tensor input, Tensor? target)
    {
        var factor = Factor(Fisher, input, target);
        return Structure switch
        {
            // With a single layer, its block is the whole matrix and is cheaper to write out.
            CurvatureStructure.Dense when Layers.Length > 1 => Foof.Structure.dense(factor),
            CurvatureStructure.Dense or CurvatureStructure.DenseBlocks => Foof.Structure.layerwiseDense(factor),
            CurvatureStructure.Kronecker => Foof.Structure.kroneckerOf(Layers, factor),
            CurvatureStructure.Foof => Foof.Structure.activationFactorsOf(Layers, factor),
            CurvatureStructure.Diagonal => Foof.Structure.diagonal(factor),
            _ => Foof.Structure.lowRank(FisherFactorModule.ownActivations(factor)),
        };
    }

    // The blocks of layers use the columns of the whole matrix; an eigenbasis needs all batches together.
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
            var basis = Foof.Structure.eigenbasisOf(Layers, G);
            found = Kept.Detach([.. CurvatureModule.tensors(basis)]);
            return basis;
        }
        finally
        {
            Kept.Replace(CurvatureModule.tensors(curvature), found);
        }
    }

    /// <summary>
    /// Returns the structure if a class supports it; otherwise raises an error that lists those it supports.
    /// </summary>
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
