using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// Gathers a network's curvature over batches, in one pass, or in two where all labels do not fit.
/// </summary>
internal sealed class CurvatureFit(
    nn.Module<Tensor, Tensor> model,
    Layer[] layers,
    Likelihood likelihood,
    LaplaceOptions options,
    Generator? generator,
    bool? isWrittenOut = null
)
{
    // Written-out matrices of more weights take longer to decompose than most networks to train.
    private const long MostDenseWeights = 5000;

    private static readonly Fisher Sampled = Fisher.NewMonteCarlo(1);

    private (long Points, long Bytes, long Columns) overflow;

    /// <summary>Whether the full Fisher is written out: as it was before, or where few weights allow.</summary>
    internal bool IsDense { get; } =
        isWrittenOut
        ?? (
            options.Structure == LaplaceStructure.Full
            && Weights(layers) <= MostDenseWeights
            && 3 * 8 * Weights(layers) * Weights(layers) <= options.MemoryBudget
        );

    private bool IsLowRank => options.Structure == LaplaceStructure.Full && !IsDense;

    /// <summary>Runs over the batches.</summary>
    internal FittedCurvature Run(
        LabelledBatches batches,
        IProgress<int>? progress,
        CancellationToken cancellation
    )
    {
        if (options.Rule is { } labels)
            return Pass(batches, labels, progress, cancellation) ?? throw TooLarge();
        var found = Pass(batches, Fisher.Full, progress, cancellation);
        // Other structures take the same memory, whatever the labels.
        if (found is null && IsLowRank)
            found = Pass(batches, Sampled, progress, cancellation);
        return found ?? throw TooLarge();
    }

    // Null: it does not fit, and what did not is kept for the message.
    private FittedCurvature? Pass(
        LabelledBatches batches,
        Fisher labels,
        IProgress<int>? progress,
        CancellationToken cancellation
    )
    {
        var (mean, gradient, loss) = (new MeanCurvature(), (Tensor[]?)null, (double?)0.0);
        var (entries, done) = (0L, 0);
        try
        {
            foreach (var (input, target) in batches)
            {
                cancellation.ThrowIfCancellationRequested();
                _ = Argument.Batch(input, done + 1);
                using var batch = NewDisposeScope();
                using var output = Mismatch.Told(
                    model,
                    input,
                    target,
                    () => ForwardPass.output(model, input)
                );
                var count = SoundModel.Points(likelihood, input, output, target);
                mean.Add(OfBatch(labels, input, target), count);
                var (share, before) = ((double)count / mean.Points, gradient);
                if (target is null)
                    (loss, gradient) = (null, null);
                else if (loss is { } sofar)
                {
                    loss = sofar + share * (Loss(output, target) - sofar);
                    gradient = Average(share, gradient, GradientOf(input, target));
                    entries += target.numel();
                }
                Kept.Replace(before ?? [], gradient ?? []);
                done++;
                progress?.Report(done);
                if (Bytes(mean) <= options.MemoryBudget)
                    continue;
                overflow = (mean.Points, Bytes(mean), mean.Bytes);
                Release(mean, gradient);
                return null;
            }
            return new(mean.Value, mean.Points, loss, gradient, entries, labels);
        }
        catch
        {
            Release(mean, gradient);
            throw;
        }
    }

    private static void Release(MeanCurvature mean, Tensor[]? gradient)
    {
        mean.Release([]);
        Kept.Replace(gradient ?? [], []);
    }

    // The mean of -log p of counts is whole here: the core's loss leaves log y! out.
    private double Loss(Tensor output, Tensor target)
    {
        var loss = LikelihoodModule.loss(likelihood, output, target).ToDouble();
        if (!likelihood.IsPoisson)
            return loss;
        var factorials = (target.to(ScalarType.Float64) + 1).lgamma().sum().ToDouble();
        return loss + factorials / target.shape[0];
    }

    private Curvature OfBatch(Fisher labels, Tensor input, Tensor? target)
    {
        var factor = FisherModule.factor(model, layers, labels, likelihood, new(input, target), generator);
        return options.Structure switch
        {
            LaplaceStructure.Diagonal => Structure.diagonal(factor),
            LaplaceStructure.Kronecker => Structure.kronecker(Positions.Summed, Positions.Averaged, factor),
            LaplaceStructure.Foof => Structure.activationFactors(Positions.Averaged, factor),
            _ when IsDense && layers.Length == 1 => Structure.layerwiseDense(factor),
            _ when IsDense => Structure.dense(factor),
            _ => Structure.lowRank(DataCurvature.ownActivations(factor)),
        };
    }

    private Tensor[] GradientOf(Tensor input, Tensor target) =>
        Jacobian.meanGradient(
            FisherModule.factor(model, layers, Fisher.Empirical, likelihood, new(input, target), generator)
        );

    private static Tensor[] Average(double share, Tensor[]? before, Tensor[] next) =>
        before is null ? next : [.. before.Zip(next, (x, y) => x * (1.0 - share) + y * share)];

    /// <summary>The bytes of a curvature, and of what its eigenvectors take for a while.</summary>
    private long Bytes(MeanCurvature mean)
    {
        if (!IsLowRank)
            return mean.Bytes;
        var G = ((Curvature.LowRank)mean.Value).G;
        var m = G.Parts.Sum(part => LayerFactorModule.columns(part.Layers[0]));
        return mean.Bytes + 3 * 8 * m * m;
    }

    private static long Weights(Layer[] layers) =>
        layers.Sum(layer => LayerModule.outputs(layer) * LayerModule.inputs(layer));

    private ArgumentException TooLarge()
    {
        var (points, bytes, columns) = overflow;
        var budget = $"The curvature must fit the memory budget of {options.MemoryBudget:N0} bytes";
        if (!IsLowRank)
            return new(
                $"{budget}; it takes {bytes:N0} bytes: use a larger budget, Diagonal, LastLayer or Select."
            );
        // Columns grow with the points, the matrices over them with their square.
        var (a, b) = ((bytes - columns) / Math.Pow(points, 2), (double)columns / points);
        var most = (Math.Sqrt(b * b + 4 * a * options.MemoryBudget) - b) / (2 * a);
        return new(
            $"{budget}, its columns and three float64 matrices over them; the first {points:N0} data points take "
                + $"{bytes:N0} bytes, and about {Math.Floor(most):N0} would fit: use fewer data points, a larger "
                + "budget, or Kronecker factors."
        );
    }
}
