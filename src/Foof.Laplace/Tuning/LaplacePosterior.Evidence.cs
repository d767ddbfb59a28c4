using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

// The evidence, and whether it can be trusted.
public sealed partial class LaplacePosterior
{
    private const string EvidencePrefix = "The evidence may mislead:";

    // gamma cannot exceed the number of columns: close to it, gamma shows how many columns there are, not how
    // many weights the data determine.
    private const double SuspiciousShare = 0.5;

    // The gradient of loss and prior together, relative to the gradients of either; 0 at a stationary point.
    private const double StationaryGap = 0.1;

    /// <summary>
    /// The effective number of parameters gamma = tr (N F (P + N F)^-1), how many weights the data determine
    /// (MacKay 1992). It lies from 0 to <see cref="Columns"/> and does not depend on the temperature.
    /// </summary>
    public double EffectiveParameters => PosteriorModule.effectiveParameters(Alive);

    /// <summary>
    /// The log evidence log p(D) by Laplace's approximation, log p(D | theta*) - 1/2 |theta* - mean|^2_P +
    /// 1/2 log det P - 1/2 log det (P + N F), in nats (MATH 6).
    /// </summary>
    /// <remarks>It is the evidence at temperature 1, whatever <see cref="Temperature"/> is.</remarks>
    /// <exception cref="InvalidOperationException">
    /// The posterior was fitted without labels, or updated.
    /// </exception>
    public double LogEvidence => PosteriorModule.logEvidence(LogLikelihood, Alive);

    /// <summary>
    /// log p(D | theta*) of all N data points, in nats: <see cref="LaplaceSummary.LogLikelihood"/>, which must be
    /// known.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The posterior was fitted without labels, or updated.
    /// </exception>
    public double LogLikelihood =>
        Summary.LogLikelihood
        ?? throw new InvalidOperationException(
            "The evidence needs the labels of all data at the same weights; this posterior was fitted to batches "
                + "without, or updated: use validation data, or fit a new one."
        );

    /// <summary>
    /// Computes the evidence at many prior precisions, each shared by all layers, from one fit.
    /// </summary>
    /// <remarks>
    /// The posterior keeps its own prior precision. Each point takes one pass over the eigenvalues of N F, at
    /// temperature 1 (MATH 6).
    /// </remarks>
    /// <param name="precision">The values of delta, greater than zero, in any order.</param>
    /// <returns>One point for each value, in the order of the values.</returns>
    /// <exception cref="ArgumentException">A precision is not positive.</exception>
    /// <exception cref="InvalidOperationException">
    /// The posterior was fitted without labels, or updated.
    /// </exception>
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

    /// <summary>
    /// How far theta* is from a stationary point of loss and prior,
    /// |N grad L + P (theta* - mean)| / (|N grad L| + |P (theta* - mean)|): 0 at one, 1 at most. Null if the
    /// posterior was fitted without labels, or updated.
    /// </summary>
    /// <remarks>
    /// L is the mean loss, and its gradient is that over the data of the fit, by the covered weights alone.
    /// <see cref="TuneByEvidence"/> warns above 0.1, except for a last layer.
    /// </remarks>
    public double? StationarityGap() => PenalisedGradient() is var (sum, most) ? (most > 0 ? sum / most : 0) : null;

    // |N grad L + P (theta* - mean)| and its upper bound.
    private (double Sum, double Most)? PenalisedGradient()
    {
        if (gradient is null)
            return null;
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var (sum, loss, penalty) = (0.0, 0.0, 0.0);
        for (var l = 0; l < layers.Length; l++)
        {
            var mean = Alive.Prior.Mean is { Length: > 0 } means ? Alive.Mean[l] - means[l] : Alive.Mean[l];
            var (x, y) = (gradient[l] * (double)Summary.DataPoints, mean * PriorPrecision[l]);
            sum += (x + y).square().sum().ToDouble();
            loss += x.square().sum().ToDouble();
            penalty += y.square().sum().ToDouble();
        }
        if (!double.IsFinite(sum + loss + penalty))
            throw new NumericalFailure(
                "the squares of its numbers exceed what Float64 holds",
                "the gradient of loss and prior",
                "scale the data or the weights down"
            );
        return (Math.Sqrt(sum), Math.Sqrt(loss) + Math.Sqrt(penalty));
    }

    // A warning about the choice of the prior is removed once it is chosen in another way.
    private void ForgetEvidence()
    {
        warnings.Forget(WarningTopic.Evidence);
        warnings.Forget(WarningTopic.EdgeOfPrecision);
    }

    private void NoteEvidence()
    {
        ForgetEvidence();
        var gamma = EffectiveParameters;
        var isLowRank = Alive.Data.Parts is [{ IsLowRank: true }];
        var isCrowded = !Summary.IsWhole && isLowRank && gamma > SuspiciousShare * Columns;
        if (isCrowded)
            Warn(
                WarningTopic.Evidence,
                $"{EvidencePrefix} {gamma:F0} effective parameters of {Columns} columns at most: the columns are too "
                    + "few, the prior precision too small, and predictions too uncertain; use validation data, more "
                    + "data points, or Kronecker factors."
            );
        if (Summary.IsLastLayer)
            return;
        if (PenalisedGradient() is var (sum, most) && sum > StationaryGap * most)
            Warn(
                WarningTopic.Evidence,
                $"{EvidencePrefix} the network is not at a stationary point of this prior: the gradient of loss and prior "
                    + $"has the norm {sum:G3}, {sum / most:P0} of what it could have at most, where a trained one has "
                    + "0 %; predictions are likely too uncertain; use validation data, or train with this weight decay."
            );
        else if (!Summary.IsWhole && !isCrowded)
            Warn(
                WarningTopic.Evidence,
                $"{EvidencePrefix} the Fisher of all {Summary.DataPoints:N0} data points is incomplete here, by its "
                    + "structure, labels or number of points; use validation data, the last layer alone, or the Fisher "
                    + "of all labels in full, by LowRank or Dense."
            );
    }
}
