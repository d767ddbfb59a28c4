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
    Generator? generator
)
{
    // Written-out matrices of more weights take longer to decompose than most networks to train.
    private const long MostDenseWeights = 5000;

    private static readonly Fisher Sampled = Fisher.NewMonteCarlo(1);

    /// <summary>Whether the Fisher is written out.</summary>
    internal bool IsDense { get; } =
        options.Structure == LaplaceStructure.Full
        && Weights(layers) <= MostDenseWeights
        && 3 * 8 * Weights(layers) * Weights(layers) <= options.MemoryBudget;

    private bool IsLowRank => options.Structure == LaplaceStructure.Full && !IsDense;

    /// <summary>Runs over the batches.</summary>
    internal FittedCurvature Run(
        IEnumerable<(Tensor Input, Tensor? Target)> batches,
        IProgress<int>? progress,
        CancellationToken cancellation
    )
    {
        if (options.Rule is { } labels)
            return Pass(batches, labels, progress, cancellation)
                ?? throw TooLarge("use fewer data points, or a larger budget");
        return Pass(batches, Fisher.Full, progress, cancellation)
            ?? Pass(batches, Sampled, progress, cancellation)
            ?? throw TooLarge("use fewer data points, a larger budget, or Kronecker factors");
    }

    // Null: it does not fit.
    private FittedCurvature? Pass(
        IEnumerable<(Tensor Input, Tensor? Target)> batches,
        Fisher labels,
        IProgress<int>? progress,
        CancellationToken cancellation
    )
    {
        var (points, entries, loss, done) = (0L, 0L, (double?)0.0, 0);
        Curvature? curvature = null;
        Tensor[]? gradient = null;
        try
        {
            foreach (var (input, target) in batches)
            {
                cancellation.ThrowIfCancellationRequested();
                using var batch = NewDisposeScope();
                using var output = Mismatch.Told(model, input, target, () => Output(input));
                var count = SoundModel.Points(likelihood, input, output, target);
                var share = (double)count / (points + count);
                var before = FittedCurvature.Tensors(curvature, gradient);
                curvature = Average(share, curvature, OfBatch(labels, input, target));
                if (target is null)
                    (loss, gradient) = (null, null);
                else if (loss is { } mean)
                {
                    loss = mean + share * (Loss(output, target) - mean);
                    gradient = Average(share, gradient, GradientOf(input, target));
                    entries += target.numel();
                }
                points += count;
                Kept.Replace(before, FittedCurvature.Tensors(curvature, gradient));
                progress?.Report(++done);
                if (Bytes(curvature) <= options.MemoryBudget)
                    continue;
                Kept.Replace(FittedCurvature.Tensors(curvature, gradient), []);
                return null;
            }
        }
        catch
        {
            Kept.Replace(FittedCurvature.Tensors(curvature, gradient), []);
            throw;
        }
        return curvature is null
            ? throw new ArgumentException("The batches must hold at least one; got none.", nameof(batches))
            : new(curvature, points, loss, gradient, entries, labels);
    }

    private double Loss(Tensor output, Tensor target) =>
        LikelihoodModule.loss(likelihood, output, target).ToDouble();

    private Tensor Output(Tensor input)
    {
        using var unrecorded = no_grad();
        return model.call(input);
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
            _ => Structure.lowRank(TaskCurvature.ownActivations(factor)),
        };
    }

    private Tensor[] GradientOf(Tensor input, Tensor target) =>
        Jacobian.meanGradient(
            FisherModule.factor(model, layers, Fisher.Empirical, likelihood, new(input, target), generator)
        );

    private static Curvature Average(double share, Curvature? before, Curvature next) =>
        before is null ? next : TaskCurvature.average(share, before, next);

    private static Tensor[] Average(double share, Tensor[]? before, Tensor[] next) =>
        before is null ? next : [.. before.Zip(next, (x, y) => x * (1.0 - share) + y * share)];

    /// <summary>The bytes of a curvature, and of what its eigenvectors take for a while.</summary>
    private long Bytes(Curvature curvature)
    {
        var held = CurvatureModule.tensors(curvature).Sum(tensor => tensor.numel() * tensor.ElementSize);
        if (!IsLowRank)
            return held;
        var m = ((Curvature.LowRank)curvature).G.Parts.Sum(part => LayerFactorModule.columns(part.Layers[0]));
        return held + 3 * 8 * m * m;
    }

    private static long Weights(Layer[] layers) =>
        layers.Sum(layer => LayerModule.outputs(layer) * LayerModule.inputs(layer));

    private ArgumentException TooLarge(string remedy) =>
        new(
            $"The curvature must fit the memory budget of {options.MemoryBudget:N0} bytes, its columns and three "
                + $"float64 matrices over them; it does not: {remedy}."
        );
}
