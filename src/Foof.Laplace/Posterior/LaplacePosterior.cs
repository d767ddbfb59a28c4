using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// A Laplace posterior over a trained network's weights: theta ~ N(theta*, T (P + N F)^-1), with P the
/// prior's precision, F the Fisher, a mean over data points, and N the number of data points (MATH 6).
/// </summary>
/// <remarks>
/// The posterior is of the network as it was at <see cref="Fit"/>. It does not own the model, and leaves it
/// as it is but for the moments in which it predicts by sampled weights. Vectors are one matrix [d_out; d_in]
/// for each covered layer, with a trained bias as the last column. Not for use from two threads at once.
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
    private readonly List<string> warnings = [];

    // The mean gradient of the loss at theta*; null where there were no labels.
    private Tensor[]? gradient;
    private Posterior posterior;
    private bool isDisposed;

    private LaplacePosterior(
        nn.Module<Tensor, Tensor> model,
        Layer[] layers,
        Posterior posterior,
        LaplaceSummary summary,
        Tensor[]? gradient,
        LaplaceOptions options
    )
    {
        (this.model, this.layers, this.posterior, this.gradient) = (model, layers, posterior, gradient);
        (Summary, this.options, Logger) = (summary, options, options.Logger);
        Coverage = CoverageOf(model, layers);
        foreach (var tensor in Tensors)
            tensor.DetachFromDisposeScope();
    }

    /// <summary>What the data said at the fit.</summary>
    public LaplaceSummary Summary { get; private set; }

    /// <summary>The loss of the network's output.</summary>
    public Loss Loss => Summary.Loss;

    /// <summary>How the network's output speaks about labels, for the core.</summary>
    internal Likelihood Likelihood => Summary.Likelihood;

    /// <summary>The names of the layers that are covered.</summary>
    public IReadOnlyList<string> Layers => [.. layers.Select(layer => layer.Name)];

    /// <summary>
    /// Whether the posterior covers each parameter of the model, and by which layer: the others stay at their
    /// values.
    /// </summary>
    public IReadOnlyList<Coverage> Coverage { get; }

    /// <summary>The number p of weights that are covered.</summary>
    public long Parameters => PosteriorModule.weights(Alive);

    /// <summary>
    /// The number of eigenvalues of N F that may differ from zero; of a low-rank posterior its columns m.
    /// </summary>
    public long Columns => PosteriorModule.columns(Alive);

    /// <summary>delta_l, the prior precision of each layer.</summary>
    public IReadOnlyList<double> PriorPrecision => Alive.Prior.Precision;

    /// <summary>T, the factor of the covariance: greater than zero [1].</summary>
    /// <exception cref="ArgumentException">It is not positive.</exception>
    public double Temperature
    {
        get => Alive.Temperature;
        set => posterior = PosteriorModule.withTemperature(value, Alive);
    }

    /// <summary>log det ((P + N F) / T), of the precision.</summary>
    public double LogDetPrecision => PosteriorModule.logDet(Alive);

    /// <summary>tr (T (P + N F)^-1), of the covariance.</summary>
    public double CovarianceTrace => PosteriorModule.trace(Alive);

    /// <summary>KL(posterior || prior), in nats.</summary>
    public double Divergence => PosteriorModule.divergence(Alive);

    /// <summary>
    /// What a user should know, in sentences: sampled labels in place of all, an evidence that may mislead.
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

    private IEnumerable<Tensor> Tensors => PosteriorModule.tensors(posterior).Concat(gradient ?? []);

    /// <summary>Gives all layers one prior precision, or each its own.</summary>
    /// <remarks>
    /// Without a new fit: O(1), but for a low-rank or dense posterior over layers whose precisions get other
    /// ratios, of which one [m; m] matrix is decomposed.
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// One is not positive, or their number is not that of the layers.
    /// </exception>
    public void SetPriorPrecision(params double[] precision)
    {
        ArgumentNullException.ThrowIfNull(precision);
        PutPrecision(precision);
        ForgetEvidence();
    }

    private void PutPrecision(params double[] precision)
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
    /// Centres the prior on other weights, one [d_out; d_in] a layer, which are copied; on zero where none
    /// are given.
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

    /// <summary>
    /// k samples theta* + T^1/2 (P + N F)^-1/2 eps of the weights. Shapes: [k; d_out; d_in] a layer; the
    /// caller owns them.
    /// </summary>
    /// <param name="k">How many, at least 1.</param>
    /// <param name="generator">
    /// Draws them, on the weights' device; null means TorchSharp's default generator.
    /// </param>
    /// <exception cref="ArgumentException">k is 0, or the generator is on another device.</exception>
    public Tensor[] Sample(int k, Generator? generator = null) => Sampling.draw(k, generator, Alive);

    /// <summary>
    /// Draws samples into the caller's memory, [k; d_out; d_in] a layer, each in one piece.
    /// </summary>
    /// <param name="samples">The memory.</param>
    /// <param name="generator">
    /// Draws them, on the weights' device; null means TorchSharp's default generator.
    /// </param>
    /// <exception cref="ArgumentException">Shapes, types or devices do not fit.</exception>
    public void SampleInto(Tensor[] samples, Generator? generator = null)
    {
        Argument.Whole(samples);
        Sampling.into(generator, samples, Alive);
    }

    /// <summary>
    /// k samples in chunks that fit memory, [k'; d_out; d_in] a layer; each is freed when the next one is
    /// asked for.
    /// </summary>
    /// <param name="k">How many, at least 1.</param>
    /// <param name="generator">
    /// Draws them, on the weights' device; null means TorchSharp's default generator.
    /// </param>
    /// <exception cref="ArgumentException">k is 0, or the generator is on another device.</exception>
    public IEnumerable<Tensor[]> Samples(int k, Generator? generator = null) =>
        Sampling.stream(k, generator, Alive);

    /// <summary>
    /// diag (T (P + N F)^-1), the weights' marginal variances, [d_out; d_in] a layer; the caller owns them.
    /// </summary>
    public Tensor[] Variances() => PosteriorModule.variances(Alive);

    /// <summary>
    /// T (P + N F)^-1 v, the covariance times a vector. Shapes: v and the result [d_out; d_in] a layer; the
    /// caller owns the result.
    /// </summary>
    /// <exception cref="ArgumentException">Shapes, types or devices are not the weights'.</exception>
    public Tensor[] CovarianceProduct(params Tensor[] v)
    {
        Argument.Whole(v);
        using var unrecorded = no_grad();
        return PosteriorModule.covarianceProduct(v, Alive);
    }

    /// <summary>
    /// log q(theta) of weights theta, -1/2 (theta - theta*)^T (P + N F) (theta - theta*) / T + 1/2 log det
    /// ((P + N F) / T) - p/2 log 2 pi, in nats. Shapes: [d_out; d_in] a layer.
    /// </summary>
    /// <exception cref="ArgumentException">Shapes, types or devices are not the weights'.</exception>
    public double LogDensity(params Tensor[] weights)
    {
        Argument.Whole(weights);
        using var unrecorded = no_grad();
        return PosteriorModule.logDensity(weights, Alive);
    }

    /// <summary>Structure, size, prior precision and temperature on one line.</summary>
    public override string ToString()
    {
        if (isDisposed)
            return $"{Summary.Structure} posterior, disposed";
        var (least, most) = (PriorPrecision.Min(), PriorPrecision.Max());
        var others = least < most ? FormattableString.Invariant($" to {most:G4}") : "";
        return FormattableString.Invariant(
            $"{Summary.Structure} posterior over {Parameters:N0} weights in {layers.Length} layers, of {Summary.DataPoints:N0} data points, prior precision {least:G4}{others}, temperature {Temperature:G4}"
        );
    }

    /// <summary>
    /// Raises unless the model still has the weights that this is of, all finite, and is in evaluation mode.
    /// </summary>
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

    // Old and new posterior may share tensors: each is freed when it is in neither.
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
