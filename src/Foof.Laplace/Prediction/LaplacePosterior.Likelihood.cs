using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

// How likely labels are under predictions.
public sealed partial class LaplacePosterior
{
    /// <summary>
    /// Returns the mean over data points of -log p(y | x, D), in nats, for class probabilities, for normal labels whose
    /// variance is that of the outputs plus that of the noise, or for counts, p(y) = E Poisson(y; exp f) over
    /// f ~ N(output, variance).
    /// </summary>
    /// <remarks>
    /// The outputs of one data point are summed, as if they were independent. A probability below 1e-300 counts
    /// as 1e-300, so that the result is finite. The integral of counts is a sum over 129 places.
    /// </remarks>
    /// <param name="prediction">This posterior's prediction for the inputs; it stays the caller's.</param>
    /// <param name="target">
    /// Their labels: class indices [n] or [n; positions...], where -100 is ignored, or of the output's shape.
    /// </param>
    /// <exception cref="ArgumentException">
    /// Shapes do not fit, labels are not class indices, not from 0 to 1 or below 0, or the prediction lacks
    /// probabilities.
    /// </exception>
    /// <exception cref="NumericalFailure">A class probability or the result is not finite.</exception>
    public double NegativeLogLikelihood(Prediction prediction, Tensor target)
    {
        var found = MeanLoss(prediction, target);
        return double.IsFinite(found)
            ? found
            : throw new NumericalFailure(
                $"it is {found}",
                "the negative log-likelihood",
                "scale the data down, raise the prior precision or lower the temperature"
            );
    }

    private double MeanLoss(Prediction prediction, Tensor target)
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
        using var unrecorded = no_grad();
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
                RequireFinite(y);
                var v = prediction.Variance + sigma * sigma;
                var each = (y - prediction.Output).square() / v + (v * (2 * Math.PI)).log();
                return 0.5 * each.sum().ToDouble() / y.shape[0];
            case { IsPoisson: true }:
                RequireFinite(y);
                if (y.lt(0).any().ToBoolean())
                    throw new ArgumentException($"target must hold counts of at least 0, for {Loss}.", nameof(target));
                return OfCounts(prediction.Output, prediction.Variance, y);
            default:
                throw NoDensity();
        }
    }

    private static void RequireFinite(Tensor target)
    {
        if (!Numbers.isFinite(target))
            throw new ArgumentException(
                $"target must hold finite numbers; {Numbers.countNotFinite(target)} of {target.numel()} are not: leave "
                    + "those data points out.",
                nameof(target)
            );
    }

    // -log of the integral of N(z; 0, 1) exp(y f - exp f) / y! over f = mean + deviation z. The integrand is log-concave;
    // its substitution z = mode + width sinh t is negligible at the ends, where a sum over even places is exact but for
    // rounding.
    private static double OfCounts(Tensor output, Tensor variance, Tensor y)
    {
        const int Places = 129;
        const double Reach = 9;
        const int MostAtOnce = 1 << 14;
        var sum = 0.0;
        var (means, deviations, counts) = (output.flatten(), variance.sqrt().clamp_min(1e-12).flatten(), y.flatten());
        for (long start = 0; start < counts.numel(); start += MostAtOnce)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(MostAtOnce, counts.numel() - start);
            var (m, s, k) = (Part(means), Part(deviations), Part(counts));
            // From above, where the derivative falls, Newton's method cannot pass the mode.
            var mode = ((k.clamp_min(1e-300).log() - m) / s).clamp_min(0);
            var change = double.PositiveInfinity;
            for (var round = 0; round < MostRounds && change > 1e-9; round++)
            {
                using var step = NewDisposeScope();
                var rate = (m + s * mode).exp();
                var move = (s * (k - rate) - mode) / (s.square() * rate + 1);
                change = (move / (mode + 1)).abs().max().ToDouble();
                mode = step.MoveToOuter(mode + move);
            }
            var width = (s.square() * (m + s * mode).exp() + 1).rsqrt();
            var least = (Reach / width).asinh().neg();
            var spacing = (Math.Asinh(Reach) - least) / (Places - 1);
            var t = least + spacing * arange(Places, dtype: ScalarType.Float64, device: m.device);
            var z = mode + width * t.sinh();
            var f = m + s * z;
            var logs = k * f - f.exp() - z.square() / 2 + (width * t.cosh()).log() - 0.5 * Math.Log(2 * Math.PI);
            sum += ((k + 1).lgamma() - logs.logsumexp(1, true) - spacing.log()).sum().ToDouble();

            Tensor Part(Tensor all) => all.narrow(0, start, count).unsqueeze(1);
        }
        return sum / y.shape[0];
    }

    // Sums over positions; labels of -100 do not count, and neither do data points without another one.
    private static double OfClasses(Tensor probabilities, Tensor target)
    {
        long[] expected = [.. probabilities.shape.Where((_, axis) => axis != 1)];
        if (!target.shape.AsSpan().SequenceEqual(expected))
            throw new ArgumentException(
                $"target must be [{Shape.text(expected)}], a class for each prediction; got [{Shape.text(target.shape)}].",
                nameof(target)
            );
        var mean = Calibration.NegativeLogLikelihood(probabilities, target);
        if (target.dim() == 1)
            return mean;
        var counts = target.to(ScalarType.Int64).ne(-100);
        return mean * counts.sum().ToDouble() / counts.flatten(1).any(1).sum().ToDouble();
    }

    /// <summary>Raises an ArgumentException unless the likelihood has a predictive density here.</summary>
    internal void RequireDensity()
    {
        if (!(Likelihood.IsCategorical || Likelihood.IsBernoulli || Likelihood.IsPoisson || Likelihood.IsGaussian))
            throw NoDensity();
    }

    private static ArgumentException NoDensity() =>
        new(
            "Only categorical, Bernoulli, Poisson and normal likelihoods with one sigma have a predictive density here."
        );
}
