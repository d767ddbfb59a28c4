using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// A Laplace posterior over a trained network's weights: theta ~ N(theta*, T (P + N F)^-1), where P is the
/// prior's precision, F the Fisher, a mean over data points, and N the number of data points (MATH 6).
/// </summary>
/// <remarks>
/// The posterior belongs to the network as it was at <see cref="Fit"/>. It does not own the model, and
/// changes its weights only temporarily, while it predicts with sampled weights. Vectors have one matrix
/// [d_out; d_in] for each covered layer, with a trained bias as the last column. Not thread-safe.
/// <para>
/// After <see cref="Dispose"/>, members that need the posterior raise an ObjectDisposedException. Members
/// that run the model or update the posterior raise an InvalidOperationException if a covered parameter was
/// freed, for example by the model's <c>to(...)</c>.
/// </para>
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
    private readonly WarningList warnings = new();

    // The mean gradient of the loss at theta*; null if there were no labels.
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

    /// <summary>The facts about the data, the network and the Fisher at the fit.</summary>
    public LaplaceSummary Summary { get; private set; }

    /// <summary>The loss of the network's output.</summary>
    public Loss Loss => Summary.Loss;

    /// <summary>The core's distribution of labels, given the network's output.</summary>
    internal Likelihood Likelihood => Summary.Likelihood;

    /// <summary>The names of the covered layers.</summary>
    public IReadOnlyList<string> Layers => [.. layers.Select(layer => layer.Name)];

    /// <summary>
    /// How each parameter of the model is treated: parameters of layers that are not covered keep their
    /// values.
    /// </summary>
    public IReadOnlyList<Coverage> Coverage { get; }

    /// <summary>The number p of covered weights.</summary>
    public long Parameters => PosteriorModule.weights(Alive);

    /// <summary>
    /// The number of eigenvalues of N F that may differ from zero; for a low-rank posterior, the number m of
    /// columns.
    /// </summary>
    public long Columns => PosteriorModule.columns(Alive);

    /// <summary>delta_l, the prior precision of each layer.</summary>
    public IReadOnlyList<double> PriorPrecision => Array.AsReadOnly(Alive.Prior.Precision);

    /// <summary>T, the factor of the covariance: greater than zero [1]. It does not change the evidence.</summary>
    /// <exception cref="ArgumentException">The value is not a positive, finite number.</exception>
    public double Temperature
    {
        get => Alive.Temperature;
        set => posterior = PosteriorModule.withTemperature(value, Alive);
    }

    /// <summary>The log-determinant of the precision, log det ((P + N F) / T).</summary>
    public double LogDetPrecision => PosteriorModule.logDet(Alive);

    /// <summary>The trace of the covariance, tr (T (P + N F)^-1): the sum of <see cref="Variances"/>.</summary>
    public double CovarianceTrace => PosteriorModule.trace(Alive);

    /// <summary>
    /// KL(posterior || prior) = 1/2 (T (p - gamma) + |theta* - mean|^2_P - p - p log T + log det (I + P^-1 N F)),
    /// in nats, with gamma = <see cref="EffectiveParameters"/>.
    /// </summary>
    public double Divergence => PosteriorModule.divergence(Alive);

    /// <summary>
    /// Sentences that a user should know: about labels that were sampled, parameters that no layer covers, an evidence
    /// that may mislead, or validation data that do not determine a choice.
    /// </summary>
    public IReadOnlyList<string> Warnings => warnings.Sentences;

    /// <summary>
    /// Receives warnings as they arise; by default <see cref="LaplaceOptions.Logger"/>.
    /// </summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public ILogger Logger
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    } = NullLogger.Instance;

    /// <summary>The core's value, whose tensors this object owns.</summary>
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

    /// <summary>Sets one prior precision for all layers, or one for each layer.</summary>
    /// <remarks>
    /// This needs no new fit. It takes O(1), except that for a low-rank or dense posterior over several
    /// layers one [m; m] matrix is decomposed if the ratios of their precisions change.
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// A precision is not positive, or their number is not that of the layers.
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
    /// Centres the prior on the given weights, one matrix [d_out; d_in] per layer, which are copied, or on
    /// zero if none are given.
    /// </summary>
    /// <exception cref="ArgumentException">Shapes, types or devices do not fit; nothing changed.</exception>
    /// <exception cref="NumericalFailure">A number is not finite; nothing changed.</exception>
    public void SetPriorMean(params Tensor[] mean)
    {
        Argument.Whole(mean);
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        // This comes before the numbers are read, since tensors on the meta device have none.
        foreach (var (weights, matrix) in Alive.Mean.Zip(mean))
            Require.alike("the prior's mean", weights, matrix);
        var prior = PriorModule.withMean([.. mean.Select(matrix => matrix.clone())], Alive.Prior);
        Adopt(PosteriorModule.withPrior(prior, Alive));
        ForgetEvidence();
    }

    /// <summary>
    /// Draws k samples theta* + T^1/2 (P + N F)^-1/2 eps of the weights, [k; d_out; d_in] per layer; the
    /// caller owns them.
    /// </summary>
    /// <param name="k">The number of samples, at least 1.</param>
    /// <param name="generator">
    /// The source of random numbers, on the weights' device; null means TorchSharp's default generator.
    /// </param>
    /// <exception cref="ArgumentException">
    /// k is less than 1, or the generator is on another device.
    /// </exception>
    public Tensor[] Sample(int k, Generator? generator = null) => Sampling.draw(k, generator, Alive);

    /// <summary>
    /// Draws k samples into tensors of the caller, [k; d_out; d_in] per layer, which must be contiguous.
    /// </summary>
    /// <param name="samples">The tensors to overwrite; k is their first dimension, at least 1.</param>
    /// <param name="generator">
    /// The source of random numbers, on the weights' device; null means TorchSharp's default generator.
    /// </param>
    /// <exception cref="ArgumentException">
    /// Shapes, types or devices do not fit, a tensor is not contiguous, or the generator is on another device.
    /// </exception>
    public void SampleInto(Tensor[] samples, Generator? generator = null)
    {
        Argument.Whole(samples);
        Sampling.into(generator, samples, Alive);
    }

    /// <summary>
    /// Draws k samples in chunks that fit memory, [k'; d_out; d_in] per layer; each chunk is freed when the
    /// next one is requested. The posterior must not change before the last chunk.
    /// </summary>
    /// <param name="k">The number of samples, at least 1.</param>
    /// <param name="generator">
    /// The source of random numbers, on the weights' device; null means TorchSharp's default generator.
    /// </param>
    /// <exception cref="ArgumentException">
    /// k is less than 1, or the generator is on another device.
    /// </exception>
    public IEnumerable<Tensor[]> Samples(int k, Generator? generator = null) => Sampling.stream(k, generator, Alive);

    /// <summary>
    /// Returns the weights' marginal variances diag (T (P + N F)^-1), [d_out; d_in] per layer; the caller
    /// owns them.
    /// </summary>
    public Tensor[] Variances() => PosteriorModule.variances(Alive);

    /// <summary>
    /// Returns the covariance times a vector, T (P + N F)^-1 v. Both have the shapes [d_out; d_in] per layer;
    /// the caller owns the result.
    /// </summary>
    /// <exception cref="ArgumentException">Shapes, types or devices are not the weights'.</exception>
    public Tensor[] CovarianceProduct(params Tensor[] v)
    {
        Argument.Whole(v);
        using var unrecorded = no_grad();
        return PosteriorModule.covarianceProduct(v, Alive);
    }

    /// <summary>
    /// Returns the log-density of weights theta, log q(theta) = -1/2 (theta - theta*)^T (P + N F) (theta -
    /// theta*) / T + 1/2 log det ((P + N F) / T) - p/2 log 2 pi, in nats. The weights have the shapes [d_out;
    /// d_in] per layer.
    /// </summary>
    /// <exception cref="ArgumentException">Shapes, types or devices are not the weights'.</exception>
    public double LogDensity(params Tensor[] weights)
    {
        Argument.Whole(weights);
        using var unrecorded = no_grad();
        return PosteriorModule.logDensity(weights, Alive);
    }

    /// <summary>Describes the structure, size, prior precision and temperature in one line.</summary>
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

    /// <summary>Raises unless the model is in evaluation mode and still has its parameters, all finite.</summary>
    private void RequireSound()
    {
        SoundModel.RequireParameters(nameof(LaplacePosterior), layers);
        SoundModel.Require(model);
    }

    private void Warn(WarningTopic topic, string sentence) => warnings.Add(topic, sentence, Logger);

    // The old and the new posterior may share tensors; a tensor is freed when neither has it.
    private void Adopt(Posterior next)
    {
        Kept.Replace(PosteriorModule.tensors(posterior), PosteriorModule.tensors(next));
        posterior = next;
    }

    /// <summary>Frees the posterior's tensors; the model and all results that were returned remain.</summary>
    public void Dispose()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        foreach (var tensor in Tensors)
            tensor.Dispose();
    }
}
