using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// A Laplace posterior over a trained network's weights: theta ~ N(theta*, T (P + N F)^-1), with P the
/// prior's precision and F the Fisher (MATH 6).
/// </summary>
/// <remarks>
/// The posterior is of the network as it was at <see cref="Fit"/>. It does not own the model, and leaves it
/// as it is but for moments in which it predicts by samples. Not for use from two threads at once.
/// </remarks>
/// <example>
/// <code>
/// using var posterior = LaplacePosterior.Fit(model, Loss.CrossEntropy, trainingBatches);
/// posterior.Tune(validationBatches);
/// using var prediction = posterior.Predict(testInputs);
/// Console.WriteLine(Calibration.CalibrationError(prediction.Probabilities!, testLabels));
/// </code>
/// </example>
public sealed partial class LaplacePosterior : IDisposable
{
    private readonly nn.Module<Tensor, Tensor> model;
    private readonly Layer[] layers;
    private readonly LaplaceOptions options;
    private Tensor[]? gradient;
    private readonly List<string> warnings = [];
    private Posterior posterior;
    private bool isDisposed;

    private LaplacePosterior(
        nn.Module<Tensor, Tensor> model,
        Layer[] layers,
        Posterior posterior,
        LaplaceFacts facts,
        Tensor[]? gradient,
        LaplaceOptions options
    )
    {
        (this.model, this.layers, this.posterior, this.gradient) = (model, layers, posterior, gradient);
        (Facts, this.options, Logger) = (facts, options, options.Logger);
        foreach (var tensor in Tensors)
            tensor.DetachFromDisposeScope();
    }

    /// <summary>What the data said at the fit.</summary>
    public LaplaceFacts Facts { get; private set; }

    /// <summary>What the network's output is measured by.</summary>
    public Loss Loss => Facts.Loss;

    /// <summary>How the network's output speaks about labels, for the core.</summary>
    internal Likelihood Likelihood => Facts.Likelihood;

    /// <summary>The names of the layers that are covered.</summary>
    public IReadOnlyList<string> Layers => [.. layers.Select(layer => layer.Name)];

    /// <summary>The number of weights p that are covered.</summary>
    public long Parameters => PosteriorModule.weights(Alive);

    /// <summary>
    /// The number of eigenvalues that may differ from zero; of a low-rank posterior its columns m.
    /// </summary>
    public long Columns => PosteriorModule.columns(Alive);

    /// <summary>The prior precision of each layer.</summary>
    public IReadOnlyList<double> PriorPrecision => Alive.Prior.Precision;

    /// <summary>T, what the covariance is multiplied by: greater than zero.</summary>
    /// <exception cref="ArgumentException">It is not positive.</exception>
    public double Temperature
    {
        get => Alive.Temperature;
        set => posterior = PosteriorModule.withTemperature(value, Alive);
    }

    /// <summary>gamma: how many weights the data determine (MacKay 1992).</summary>
    public double EffectiveParameters => PosteriorModule.effectiveParameters(Alive);

    /// <summary>log p(D), by Laplace's approximation.</summary>
    /// <exception cref="InvalidOperationException">
    /// The posterior was fitted without labels, or updated.
    /// </exception>
    public double LogEvidence => PosteriorModule.logEvidence(LogLikelihood, Alive);

    /// <summary>log p(D | theta*) of all N data points.</summary>
    /// <exception cref="InvalidOperationException">
    /// The posterior was fitted without labels, or updated.
    /// </exception>
    public double LogLikelihood =>
        Facts.LogLikelihood
        ?? throw new InvalidOperationException(
            "The evidence needs the labels of all data at the same weights; this posterior was fitted to batches "
                + "without, or updated: use validation data, or fit it anew."
        );

    /// <summary>The divergence of the posterior from the prior, in nats.</summary>
    public double Divergence => PosteriorModule.divergence(Alive);

    /// <summary>log det of the precision (P + N F) / T.</summary>
    public double LogDeterminant => PosteriorModule.logDet(Alive);

    /// <summary>The trace of the covariance T (P + N F)^-1.</summary>
    public double Trace => PosteriorModule.trace(Alive);

    /// <summary>
    /// What a user should know, in sentences: sampled labels in place of all, a misleading evidence.
    /// </summary>
    public IReadOnlyList<string> Warnings => warnings;

    /// <summary>
    /// Where warnings are logged as they arise; <see cref="LaplaceOptions.Logger"/> at first.
    /// </summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public ILogger Logger
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    } = NullLogger.Instance;

    /// <summary>The core's value, for its algebra; its tensors stay this object's.</summary>
    internal Posterior Core => Alive;

    private Posterior Alive
    {
        get
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            return posterior;
        }
    }

    /// <summary>Raises unless the model still has the weights that this is of, all finite, and is in evaluation mode.</summary>
    private void RequireSound()
    {
        OwnParameters.Require(nameof(LaplacePosterior), layers);
        SoundModel.Require(model);
    }

    private void Warn(string sentence)
    {
        warnings.Add(sentence);
        Logger.Warn(sentence);
    }

    private IEnumerable<Tensor> Tensors => PosteriorModule.tensors(posterior).Concat(gradient ?? []);

    /// <summary>
    /// Gives all layers one prior precision, or each its own; O(1), or one eigendecomposition.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// One is not positive, or their number is not that of the layers.
    /// </exception>
    public void SetPriorPrecision(params double[] precision)
    {
        ArgumentNullException.ThrowIfNull(precision);
        Put(precision);
        ForgetEvidence();
    }

    private void Put(params double[] precision)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        Adopt(
            precision.Length == 1
                ? PosteriorModule.withPrecision(precision[0], Alive)
                : PosteriorModule.withPrior(PriorModule.withPrecision(precision, Alive.Prior), Alive)
        );
    }

    /// <summary>
    /// Centres the prior on other weights, one [d_out; d_in] a layer; they are copied. None: zero.
    /// </summary>
    /// <exception cref="ArgumentException">Shapes, types or devices do not fit; nothing changed.</exception>
    /// <exception cref="NumericalFailure">A number is not finite; nothing changed.</exception>
    public void SetPriorMean(params Tensor[] mean)
    {
        Argument.Whole(mean);
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        // Before their numbers are read: tensors of the meta device have none.
        foreach (var (weights, matrix) in Alive.Mean.Zip(mean))
            Require.alike("the prior's mean", weights, matrix);
        var prior = PriorModule.withMean([.. mean.Select(matrix => matrix.clone())], Alive.Prior);
        Adopt(PosteriorModule.withPrior(prior, Alive));
        ForgetEvidence();
    }

    /// <summary>The evidence at many prior precisions, each of all layers, from one fit.</summary>
    /// <exception cref="ArgumentException">A precision is not positive.</exception>
    /// <exception cref="InvalidOperationException">The posterior was fitted without labels.</exception>
    public IReadOnlyList<EvidencePoint> EvidenceCurve(params double[] precision)
    {
        ArgumentNullException.ThrowIfNull(precision);
        var logLikelihood = LogLikelihood;
        using var scope = NewDisposeScope();
        var spectrum = PosteriorModule.spectrum(Alive);
        var curve = Evidence.curve(logLikelihood, PosteriorModule.distance(Alive), precision, spectrum);
        return
        [
            .. precision.Select(
                (delta, i) => new EvidencePoint(delta, curve.LogEvidence[i], curve.EffectiveParameters[i])
            ),
        ];
    }

    // Tensors may go on from the old posterior to the new one: each is freed when it is in neither.
    private void Adopt(Posterior next)
    {
        Kept.Replace(PosteriorModule.tensors(posterior), PosteriorModule.tensors(next));
        posterior = next;
    }

    /// <summary>Frees the posterior; the model stays.</summary>
    public void Dispose()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        foreach (var tensor in Tensors)
            tensor.Dispose();
    }
}
