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
    internal Prediction Of(Tensor output, Tensor covariance, bool withProbabilityVariance)
    {
        var variance = linalg.diagonal(covariance).reshape(output.shape);
        var mean = output.to(ScalarType.Float64);
        if (likelihood.IsBernoulli)
            return new(mean, Sigmoid(mean, variance, covariance), variance, null);
        if (!likelihood.IsCategorical)
            return new(mean, null, variance, null);
        var (rows, covariances) = ByPosition(mean, covariance);
        // The same samples for both, so that what a data point gets does not depend on the batches.
        var sampled = IsSampled || withProbabilityVariance ? Samples(rows, covariances).softmax(2) : null;
        var probabilities =
            IsSampled ? sampled!.mean([0L])
            : options.Link == LinkApproximation.LaplaceBridge ? Predictive.bridge(rows, covariances)
            : Predictive.probit(rows, covariances);
        var positions = (long[])[.. output.shape.AsSpan(2)];
        return new(
            mean,
            probabilities.reshape([output.shape[0], .. positions, output.shape[1]]).movedim([-1], [1]),
            variance,
            withProbabilityVariance
                ? sampled!.var(0, unbiased: false).sum(1).reshape([output.shape[0], .. positions])
                : null
        );
    }

    // The softmax at a position takes the outputs [n; C; ...] of that position alone: as [n R; C] for R positions, with
    // their covariances [n R; C; C].
    private static (Tensor Output, Tensor Covariance) ByPosition(Tensor output, Tensor covariance)
    {
        if (output.dim() == 2)
            return (output, covariance);
        var (n, classes) = (output.shape[0], output.shape[1]);
        var own = linalg.diagonal(
            covariance.view(n, classes, -1, classes, covariance.shape[1] / classes),
            dim1: 2,
            dim2: 4
        );
        return (output.flatten(2).transpose(1, 2).flatten(0, 1), own.permute(0, 3, 1, 2).flatten(0, 1));
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
