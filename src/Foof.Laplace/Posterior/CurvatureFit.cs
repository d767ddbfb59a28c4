using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// Gathers a network's curvature, loss and gradient over batches, in one pass, or in two if the low-rank
/// Fisher of all labels does not fit the memory budget.
/// </summary>
internal sealed class CurvatureFit(
    nn.Module<Tensor, Tensor> model,
    Layer[] layers,
    Likelihood likelihood,
    LaplaceOptions options,
    Generator? generator
)
{
    private static readonly Fisher OneSampledLabel = Fisher.NewMonteCarlo(1);

    private static readonly PointMean<FittedCurvature> Mean = new(FittedCurvature.Average, fitted => fitted.Tensors);

    private bool isOverBudget;

    private bool IsLowRank => options.Structure == CurvatureStructure.LowRank;

    /// <summary>Runs over the batches; the caller frees the result.</summary>
    internal FittedCurvature Run(LabelledBatches batches, IProgress<int>? progress, CancellationToken cancellation)
    {
        if (options.Structure == CurvatureStructure.Dense)
            RequireDense();
        if (options.Fisher is { } chosen)
            return Pass(batches, chosen, progress, cancellation);
        try
        {
            return Pass(batches, Fisher.Ggn, progress, cancellation);
        }
        // Other structures take as much memory with sampled labels as with all.
        catch (ArgumentException) when (isOverBudget && IsLowRank)
        {
            return Pass(batches, OneSampledLabel, progress, cancellation);
        }
    }

    private FittedCurvature Pass(
        LabelledBatches batches,
        Fisher fisher,
        IProgress<int>? progress,
        CancellationToken cancellation
    )
    {
        var gathering = new CurvatureGathering(model, layers, likelihood, options.Structure, fisher, generator)
        {
            Budget = options.MemoryBudget,
        };
        var mean = DataCurvature.accumulate(
            Mean,
            (_, input, target) =>
            {
                using var output = gathering.Output(input, target);
                var count = gathering.Points(input, output, target);
                if (count == 0)
                    return new DataMean<FittedCurvature>(null!, 0);
                var curvature = gathering.OfBatch(input, output, target);
                return new DataMean<FittedCurvature>(
                    target is null
                        ? new FittedCurvature(curvature, count, null, null, 0, fisher)
                        : new(
                            curvature,
                            count,
                            LossOf(output, target),
                            Jacobian.meanGradient(gathering.Factor(Fisher.Empirical, input, target)),
                            target.numel(),
                            fisher
                        ),
                    count
                );
            },
            (sofar, _) => RequireRoom(sofar),
            progress,
            cancellation,
            batches
        );
        return mean.Value;
    }

    // The mean of -log p of counts is complete here, whereas the core's loss leaves out log y!.
    private double LossOf(Tensor output, Tensor target)
    {
        var loss = LikelihoodModule.loss(likelihood, output, target).ToDouble();
        if (!double.IsFinite(loss))
            throw new NumericalFailure(
                $"it is {loss}, though outputs and labels are finite",
                "the loss at a batch's labels",
                "scale inputs and labels down or use float64"
            );
        if (!likelihood.IsPoisson)
            return loss;
        var factorials = (target.to(ScalarType.Float64) + 1).lgamma().sum().ToDouble();
        return loss + factorials / target.shape[0];
    }

    /// <summary>The number of weights in some layers.</summary>
    internal static long Weights(Layer[] layers) =>
        layers.Sum(layer => LayerModule.outputs(layer) * LayerModule.inputs(layer));

    /// <summary>
    /// The bytes of a matrix over the weights, of its eigenvectors and of the memory for finding them.
    /// </summary>
    internal static double DenseBytes(long weights) => 3 * 8.0 * weights * weights;

    // Before the first batch.
    private void RequireDense()
    {
        var weights = Weights(layers);
        var bytes = DenseBytes(weights);
        if (bytes > options.MemoryBudget)
            throw new ArgumentException(
                $"Structure {options.Structure} must fit the memory budget of {options.MemoryBudget:N0} bytes; three "
                    + $"float64 matrices of {weights:N0} weights take {bytes:N0}: use LowRank or Kronecker, LastLayer, "
                    + "Select or a larger budget."
            );
    }

    private void RequireRoom(FittedCurvature sofar)
    {
        var columns = Kept.Bytes(CurvatureModule.tensors(sofar.Curvature));
        var m = sofar.Curvature is Curvature.LowRank { G: var G } ? FisherFactorModule.columns(G) : 0;
        // The Gram matrix of a low-rank factor, its eigenvectors and the memory for finding them.
        var bytes = columns + 3 * 8 * m * m;
        isOverBudget = bytes > options.MemoryBudget;
        if (isOverBudget)
            throw TooLarge(sofar.Points, bytes, columns);
    }

    private ArgumentException TooLarge(long points, long bytes, long columns)
    {
        var budget = $"The curvature must fit the memory budget of {options.MemoryBudget:N0} bytes";
        if (!IsLowRank)
            return new($"{budget}; it takes {bytes:N0} bytes: use a larger budget, Diagonal, LastLayer or Select.");
        // Columns grow with the number of points, matrices over columns with its square.
        var (a, b) = ((bytes - columns) / Math.Pow(points, 2), (double)columns / points);
        var most = (Math.Sqrt(b * b + 4 * a * options.MemoryBudget) - b) / (2 * a);
        return new(
            $"{budget}, its columns and three float64 matrices over them; the first {points:N0} data points take "
                + $"{bytes:N0} bytes, and about {Math.Floor(most):N0} would fit: use fewer data points, a larger "
                + "budget, or Kronecker factors."
        );
    }
}
