using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

// How likely labels are under predictions.
public sealed partial class LaplacePosterior
{
    /// <summary>
    /// Returns the mean over data points of -log p(y | x, D), in nats, for class probabilities, or for normal
    /// labels whose variance is that of the outputs plus that of the noise.
    /// </summary>
    /// <remarks>
    /// The outputs of one data point are summed, as if they were independent. A probability below 1e-300 counts
    /// as 1e-300, so that the result is finite.
    /// </remarks>
    /// <param name="prediction">This posterior's prediction for the inputs; it stays the caller's.</param>
    /// <param name="target">
    /// Their labels: class indices [n], none of which may be -100, or of the output's shape.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The loss is <see cref="Loss.Poisson"/>, whose predictive distribution has no closed form, shapes do not
    /// fit, labels are not class indices or not from 0 to 1, or the prediction lacks probabilities.
    /// </exception>
    /// <exception cref="NumericalFailure">A class probability is not finite.</exception>
    public double NegativeLogLikelihood(Prediction prediction, Tensor target)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        ArgumentNullException.ThrowIfNull(target);
        if (!Likelihood.IsCategorical && !target.shape.AsSpan().SequenceEqual(prediction.Output.shape))
            throw new ArgumentException(
                $"target must be [{Shape.text(prediction.Output.shape)}], like the output; "
                    + $"got [{Shape.text(target.shape)}].",
                nameof(target)
            );
        if ((Likelihood.IsCategorical || Likelihood.IsBernoulli) && prediction.Probabilities is null)
            throw new ArgumentException(
                $"prediction must have probabilities, for {Loss}; it has none: make it with this posterior.",
                nameof(prediction)
            );
        using var scope = NewDisposeScope();
        var y = target.to(ScalarType.Float64);
        switch (Likelihood)
        {
            case { IsCategorical: true }:
                return OfClasses(prediction.Probabilities!, target);
            case { IsBernoulli: true }:
                if (!y.ge(0).logical_and(y.le(1)).all().ToBoolean())
                    throw new ArgumentException($"target must hold labels from 0 to 1, for {Loss}.", nameof(target));
                var p = prediction.Probabilities!.clamp(1e-300, 1);
                var q = (1 - prediction.Probabilities!).clamp(1e-300, 1);
                return -(y * p.log() + (1 - y) * q.log()).sum().ToDouble() / y.shape[0];
            case Likelihood.Gaussian { sigma: var sigma }:
                if (!Numbers.isFinite(y))
                    throw new ArgumentException(
                        $"target must hold finite numbers; {Numbers.countNotFinite(y)} of {y.numel()} are not: leave those "
                            + "data points out.",
                        nameof(target)
                    );
                var v = prediction.Variance + sigma * sigma;
                var each = (y - prediction.Output).square() / v + (v * (2 * Math.PI)).log();
                return 0.5 * each.sum().ToDouble() / y.shape[0];
            default:
                throw NoDensity();
        }
    }

    // Sums over positions; labels of -100 do not count, and neither do data points without another one.
    private static double OfClasses(Tensor probabilities, Tensor target)
    {
        var counts = target.ne(-100);
        var points = target.dim() > 1 ? counts.flatten(1).any(1) : counts;
        long[] expected = [.. probabilities.shape.Where((_, axis) => axis != 1)];
        if (!target.shape.AsSpan().SequenceEqual(expected))
            throw new ArgumentException(
                $"target must be [{Shape.text(expected)}], a class for each prediction; got [{Shape.text(target.shape)}].",
                nameof(target)
            );
        if (target.dtype != ScalarType.Int64 || (target.dim() == 1 && counts.all().ToBoolean()))
            return Calibration.NegativeLogLikelihood(probabilities, target);
        var classes = target.masked_fill(counts.logical_not(), 0);
        if (classes.lt(0).logical_or(classes.ge(probabilities.shape[1])).any().ToBoolean() || !points.any().ToBoolean())
            throw new ArgumentException(
                $"target must hold class indices from 0 to {probabilities.shape[1] - 1}, or -100 where it is ignored, and one "
                    + "that counts.",
                nameof(target)
            );
        var logs = probabilities
            .gather(1, classes.unsqueeze(1))
            .squeeze(1)
            .to(ScalarType.Float64)
            .clamp_min(1e-300)
            .log();
        return -(logs * counts).sum().ToDouble() / points.sum().ToDouble();
    }

    /// <summary>Raises an ArgumentException unless the likelihood has a predictive density here.</summary>
    internal void RequireDensity()
    {
        if (!(Likelihood.IsCategorical || Likelihood.IsBernoulli || Likelihood.IsGaussian))
            throw NoDensity();
    }

    private static ArgumentException NoDensity() =>
        new("Only categorical, Bernoulli and normal likelihoods with one sigma have a predictive density here.");
}
