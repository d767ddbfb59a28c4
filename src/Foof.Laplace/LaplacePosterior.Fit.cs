using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

public sealed partial class LaplacePosterior
{
    /// <summary>Fits a posterior around a network's weights.</summary>
    /// <param name="model">The trained network, in evaluation mode; it stays the caller's.</param>
    /// <param name="loss">What its output is measured by.</param>
    /// <param name="batches">
    /// The training data, or a part of them: inputs, and labels or null. Each batch is the caller's, and may
    /// be freed when the next one is asked for. They may be run through twice.
    /// </param>
    /// <param name="options">How; null: Kronecker factors of all layers.</param>
    /// <param name="generator">Draws sampled labels; null: the default one.</param>
    /// <param name="progress">Told the number of batches done.</param>
    /// <param name="cancellation">Looked at between batches.</param>
    /// <exception cref="ArgumentException">
    /// There is no batch or no layer, labels are out of range, a batch norm is in training mode, the prior
    /// precision is not positive, or memory would exceed the budget.
    /// </exception>
    /// <exception cref="NumericalFailure">Weights or data are not finite.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static LaplacePosterior Fit(
        nn.Module<Tensor, Tensor> model,
        Loss loss,
        LabelledBatches batches,
        LaplaceOptions? options = null,
        Generator? generator = null,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        options ??= new();
        var likelihood = Likelihoods.Of(loss, options.ObservationNoise);
        return OfLikelihood(model, likelihood, batches, options, generator, progress, cancellation);
    }

    /// <summary>
    /// The same on a thread of the pool, which also enumerates the batches. Nothing else may use the model
    /// meanwhile.
    /// </summary>
    /// <inheritdoc cref="Fit"/>
    public static Task<LaplacePosterior> FitAsync(
        nn.Module<Tensor, Tensor> model,
        Loss loss,
        LabelledBatches batches,
        LaplaceOptions? options = null,
        Generator? generator = null,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(batches);
        return Task.Run(
            () => Fit(model, loss, batches, options, generator, progress, cancellation),
            cancellation
        );
    }

    /// <summary>Fits a posterior for any likelihood of the core.</summary>
    internal static LaplacePosterior OfLikelihood(
        nn.Module<Tensor, Tensor> model,
        Likelihood likelihood,
        LabelledBatches batches,
        LaplaceOptions options,
        Generator? generator,
        IProgress<int>? progress,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(batches);
        Require.positive("The prior precision", options.PriorPrecision);
        Argument.Known(options.Structure, nameof(options.Structure));
        Argument.AtLeast(1, options.DataPoints ?? 1, nameof(options.DataPoints));
        Argument.AtLeast(1, options.MemoryBudget, nameof(options.MemoryBudget));
        SoundModel.Require(model);
        var layers = Covered(model, options);
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var fit = new CurvatureFit(model, layers, likelihood, options, generator);
        var fitted = fit.Run(batches, progress, cancellation);
        IEnumerable<Tensor> kept = [];
        try
        {
            var points = options.DataPoints ?? fitted.Points;
            var prior = PriorModule.isotropic(layers.Length, options.PriorPrecision);
            var data = DataPrecisionModule.ofCurvature(points, Packed(fitted.Curvature));
            var posterior = PosteriorModule.make(WeightPenalty.copied(layers), data, prior);
            var facts = LaplaceFacts.Of(likelihood, fitted, points, IsLastLayer(model, layers), fit.IsDense);
            var found = new LaplacePosterior(model, layers, posterior, facts, fitted.Gradient, options);
            kept = found.Tensors;
            found.NoteLabels(options);
            return found;
        }
        finally
        {
            fitted.Release(kept);
        }
    }

    private static Curvature Packed(Curvature curvature) =>
        curvature is Curvature.LowRank { G: var G } ? Curvature.NewLowRank(PackedFactor.pack(G)) : curvature;

    internal static Layer[] Covered(nn.Module<Tensor, Tensor> model, LaplaceOptions options)
    {
        var (layers, _) = Uncovered.Survey(nameof(LaplacePosterior), model, options.Select);
        return options.LastLayer ? [layers[^1]] : layers;
    }

    private static bool IsLastLayer(nn.Module<Tensor, Tensor> model, Layer[] layers)
    {
        var (all, _) = CoverageModule.all(model);
        return layers.Length == 1 && layers[0].Name == all[^1].Name;
    }

    private void NoteLabels(LaplaceOptions options)
    {
        if (options.Labels is null && Facts.Labels == FisherLabels.Sampled)
            Warn(
                $"All labels of {Facts.Points:N0} data points do not fit the memory budget of "
                    + $"{options.MemoryBudget:N0} bytes: one sampled label each is used, which says less."
            );
    }
}
