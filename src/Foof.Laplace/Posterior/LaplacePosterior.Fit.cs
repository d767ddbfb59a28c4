using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

// Fitting a posterior, and updating it with further data.
public sealed partial class LaplacePosterior
{
    /// <summary>
    /// The largest fraction of the trace of N F that an <see cref="Update"/> left out, in [0, 1]; 0 if all
    /// columns were kept.
    /// </summary>
    public double DiscardedTraceFraction { get; private set; }

    /// <summary>Fits a posterior around a network's weights; the caller owns it.</summary>
    /// <remarks>
    /// theta* is a copy of the weights. F is the mean over the batches' data points, each batch weighted by the
    /// points whose labels count, and N F has N = <see cref="LaplaceOptions.DataPoints"/>. The prior is
    /// N(0, I / delta) and the temperature 1; <see cref="Tune"/> chooses a better delta. If every batch has
    /// labels, the pass also gathers their loss and its gradient, for the evidence (MATH 2, 6).
    /// </remarks>
    /// <param name="model">The trained network, in evaluation mode; it stays the caller's.</param>
    /// <param name="loss">The loss of the network's output.</param>
    /// <param name="batches">
    /// The training data, or a part of them: inputs [n; ...] with labels, which may be null. Each batch stays
    /// the caller's and may be freed once the next one is requested. The batches may be enumerated twice.
    /// </param>
    /// <param name="options">How the posterior is fitted; null means Kronecker factors of all layers.</param>
    /// <param name="generator">
    /// Draws sampled labels, on the model's device; null means TorchSharp's default generator.
    /// </param>
    /// <param name="progress">
    /// Receives the number of finished batches, which begins at 1 again if the batches are enumerated twice.
    /// </param>
    /// <param name="cancellation">Checked before each batch.</param>
    /// <exception cref="ArgumentException">
    /// There is no batch or no layer, a batch does not fit the model, labels are out of range or missing for
    /// <see cref="FisherType.Empirical"/>, a batch norm or dropout is in training mode, the structure is not one of a
    /// posterior's, another option is out of its range, the generator is on another device, or memory would
    /// exceed the budget.
    /// </exception>
    /// <exception cref="NumericalFailure">Weights, inputs or outputs are not finite.</exception>
    /// <exception cref="OperationCanceledException">
    /// The operation was cancelled; what was gathered is freed, and the model is unchanged.
    /// </exception>
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
    /// Runs <see cref="Fit"/> on a thread-pool thread, which also enumerates the batches. Nothing else may
    /// use the model in the meantime. Except for a null model or null batches, errors appear when the task is
    /// awaited.
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
        return Task.Run(() => Fit(model, loss, batches, options, generator, progress, cancellation), cancellation);
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
        options.Require();
        SoundModel.Require(model);
        var layers = Covered(model, options.Select);
        Foof.Require.invertible("The prior precision", layers[0].Weight.dtype, options.PriorPrecision);
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        using var peeked = new PeekedBatches(batches);
        var isLastLayer = false;
        if (options.LastLayer || layers.Length == 1)
        {
            var every = Covered(model, null);
            var called = peeked.First() is (var input, var target) ? Calls(model, every, input, target) : null;
            layers = [LastLayer.Of(layers, called)];
            isLastLayer = layers[0].Name == LastLayer.Of(every, called).Name;
        }
        var fit = new CurvatureFit(model, layers, likelihood, options, generator);
        var fitted = fit.Run(peeked.All(), progress, cancellation);
        IEnumerable<Tensor> kept = [];
        try
        {
            var points = options.DataPoints ?? fitted.Points;
            var summary = LaplaceSummary.Of(options.Structure, likelihood, fitted, points, isLastLayer);
            var prior = PriorModule.isotropic(layers.Length, options.PriorPrecision);
            var posterior = PosteriorModule.make(WeightPenalty.copied(layers), Data(fitted, points), prior);
            var found = new LaplacePosterior(model, layers, posterior, summary, fitted.Gradient, options);
            kept = found.Tensors;
            found.NoteLabels(found.Summary.Fisher, found.Summary.Points);
            found.NoteUncovered();
            return found;
        }
        finally
        {
            fitted.Release(kept);
        }
    }

    /// <summary>Returns the layers that can be covered and are selected; raises if no layer is left.</summary>
    internal static Layer[] Covered(nn.Module<Tensor, Tensor> model, Func<string, Parameter, bool>? select) =>
        Uncovered.Survey(nameof(LaplacePosterior), model, select).Layers;

    // A batch that is null or empty is refused later, by its place.
    private static IReadOnlyList<string>? Calls(
        nn.Module<Tensor, Tensor> model,
        Layer[] layers,
        Tensor? input,
        Tensor? target
    ) => input is null || input.numel() == 0 ? null : LastLayer.Calls(model, layers, input, target);

    private static Coverage[] CoverageOf(nn.Module<Tensor, Tensor> model, Layer[] layers)
    {
        var weights = layers.Select(layer => Identity.ofParameter(layer.Weight)).ToHashSet();
        return Uncovered
            .Survey(nameof(LaplacePosterior), model, (_, weight) => weights.Contains(Identity.ofParameter(weight)))
            .Coverage;
    }

    // Returns N F; a low-rank factor has its small batches joined into large ones.
    private static DataPrecision Data(FittedCurvature fitted, long points)
    {
        var curvature = fitted.Curvature is Curvature.LowRank { G: var G }
            ? Curvature.NewLowRank(PackedFactor.pack(G))
            : fitted.Curvature;
        return DataPrecisionModule.ofCurvature(points, curvature);
    }

    // With LastLayer or Select, the user chose what is left out.
    private void NoteUncovered()
    {
        if (options.LastLayer || options.Select is not null)
            return;
        const string Consequence = "have no uncertainty here";
        if (UncoveredParameters.Sentence(Coverage, Consequence) is { } uncovered)
            Warn(WarningTopic.Uncovered, uncovered);
        if (UncoveredParameters.FrozenBiases(Coverage, Consequence) is { } frozen)
            Warn(WarningTopic.Uncovered, frozen);
    }

    private void NoteLabels(Fisher fisher, long points)
    {
        if (options.FisherType is null && fisher.IsMonteCarlo)
            Warn(
                WarningTopic.SampledLabels,
                $"All labels of {points:N0} data points do not fit the memory budget of "
                    + $"{options.MemoryBudget:N0} bytes: one sampled label each is used, which is less informative."
            );
    }

    /// <summary>
    /// Adds further data, at the network's current weights: N F + N' F' replaces N F.
    /// </summary>
    /// <remarks>
    /// Exact for low-rank, dense and diagonal structures of networks that are linear in their weights;
    /// Kronecker products are merged with the trace of the sum (MATH 7). The prior, its mean, the temperature
    /// and the options of the fit stay, and theta* becomes a copy of the current weights. After an update there is
    /// no evidence, since it needs all data at the same weights: <see cref="LogLikelihood"/> raises an error, and
    /// <see cref="StationarityGap"/> is null.
    /// </remarks>
    /// <param name="batches">
    /// The further data, or a part of them, like those of <see cref="Fit"/>; earlier data are not needed.
    /// </param>
    /// <param name="columns">
    /// The largest number of columns of a low-rank posterior; the leading directions are kept, p numbers
    /// each, and <see cref="DiscardedTraceFraction"/> shows how much was left out. Null means all. Other
    /// structures ignore it.
    /// </param>
    /// <param name="dataPoints">
    /// N', the number of data points that the batches stand for, at least 1; null means the number that they
    /// have.
    /// </param>
    /// <param name="generator">
    /// Draws sampled labels, on the model's device; null means TorchSharp's default generator.
    /// </param>
    /// <param name="progress">
    /// Receives the number of finished batches, which begins at 1 again if the batches are enumerated twice.
    /// </param>
    /// <param name="cancellation">Checked before each batch.</param>
    /// <exception cref="ArgumentException">
    /// There is no batch, a batch does not fit the model, labels are out of range, a batch norm or dropout is in
    /// training mode, a number is not positive, the generator is on another device, or memory would exceed the budget;
    /// nothing changed.
    /// </exception>
    /// <exception cref="NumericalFailure">Weights, inputs or outputs are not finite; nothing changed.</exception>
    /// <exception cref="InvalidOperationException">A covered parameter was freed; nothing changed.</exception>
    /// <exception cref="ObjectDisposedException">The posterior was disposed of.</exception>
    /// <exception cref="OperationCanceledException">The operation was cancelled; nothing changed.</exception>
    public void Update(
        LabelledBatches batches,
        int? columns = null,
        long? dataPoints = null,
        Generator? generator = null,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(batches);
        Argument.AtLeast(1, columns ?? 1, nameof(columns));
        Argument.AtLeast(1, dataPoints ?? 1, nameof(dataPoints));
        _ = Alive;
        RequireSound();
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var fit = new CurvatureFit(model, layers, Likelihood, options, generator);
        var fitted = fit.Run(batches, progress, cancellation);
        IEnumerable<Tensor> kept = [];
        try
        {
            var points = dataPoints ?? fitted.Points;
            var (data, discarded) = (PosteriorUpdate.add(Alive.Data, Data(fitted, points)), 0.0);
            if (columns is { } most)
            {
                var compressed = PosteriorUpdate.compress(most, data);
                (data, discarded) = (compressed.Kept, compressed.Discarded);
            }
            RequireRoom(data);
            var next = PosteriorModule.make(WeightPenalty.copied(layers), data, Alive.Prior);
            Adopt(PosteriorModule.withTemperature(Temperature, next));
            kept = PosteriorModule.tensors(posterior);
            Summary = Summary.And(fitted, points, isWhole: discarded == 0);
            DiscardedTraceFraction = Math.Max(DiscardedTraceFraction, discarded);
        }
        finally
        {
            fitted.Release(kept);
        }
        NoteLabels(fitted.Fisher, fitted.Points);
        ForgetEvidence();
        // It was the gradient of only the earlier data, at the earlier weights.
        Kept.Replace(gradient ?? [], []);
        gradient = null;
    }

    private void RequireRoom(DataPrecision data)
    {
        var bytes = Kept.Bytes(DataPrecisionModule.tensors(data));
        if (bytes > options.MemoryBudget)
            throw new ArgumentException(
                $"The posterior must fit the memory budget of {options.MemoryBudget:N0} bytes; with the further data it "
                    + $"takes {bytes:N0}: set a number of columns, or fit it with a larger budget."
            );
    }
}
