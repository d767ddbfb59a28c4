using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// Predictions from the outputs f ~ N(f*, V) of a linearised network, batch by batch; one generator draws all
/// samples.
/// </summary>
internal sealed class LinearisedPredictions(Likelihood likelihood, PredictionOptions options, Device device)
    : IDisposable
{
    private readonly Generator generator = new((ulong)options.Seed, device);

    private bool IsSampled => options.Link == LinkApproximation.MonteCarlo;

    /// <summary>
    /// Returns the predictions for one batch. Shapes: f [n; ...] with C entries per data point, V [n; C; C].
    /// </summary>
    /// <param name="output">f*.</param>
    /// <param name="covariance">V.</param>
    /// <param name="withProbabilityVariance">
    /// Whether to compute the probabilities' variance, from samples of every data point's outputs.
    /// </param>
    /// <exception cref="ArgumentException">A categorical likelihood's output is not [n; C].</exception>
    internal Prediction Of(Tensor output, Tensor covariance, bool withProbabilityVariance)
    {
        var variance = linalg.diagonal(covariance).reshape(output.shape);
        var mean = output.to(ScalarType.Float64);
        if (likelihood.IsBernoulli)
            return new(mean, Sigmoid(mean, variance, covariance), variance, null);
        if (!likelihood.IsCategorical)
            return new(mean, null, variance, null);
        if (output.dim() != 2)
            throw new ArgumentException(
                "Linearised class probabilities need one output [n; C] a data point; predict by SampledWeights."
            );
        var probabilities =
            IsSampled ? Predictive.sampled(options.Samples, generator, output, covariance)
            : options.Link == LinkApproximation.LaplaceBridge ? Predictive.bridge(output, covariance)
            : Predictive.probit(output, covariance);
        return new(
            mean,
            probabilities,
            variance,
            withProbabilityVariance ? Samples(output, covariance).softmax(2).var(0, unbiased: false).sum(1) : null
        );
    }

    // Probit is sigmoid(f / sqrt(1 + pi/8 v)), MacKay's case.
    private Tensor Sigmoid(Tensor mean, Tensor variance, Tensor covariance) =>
        IsSampled
            ? Samples(mean.reshape(mean.shape[0], -1), covariance).sigmoid().mean([0L]).reshape(mean.shape)
            : (mean / (variance * (Math.PI / 8) + 1).sqrt()).sigmoid();

    private Tensor Samples(Tensor output, Tensor covariance) =>
        Predictive.sampleOutputs(options.Samples, generator, output, covariance);

    /// <summary>Frees the generator.</summary>
    public void Dispose() => generator.Dispose();
}
