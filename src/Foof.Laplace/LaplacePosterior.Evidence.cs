using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

public sealed partial class LaplacePosterior
{
    private const string EvidencePrefix = "The evidence may mislead:";

    // gamma cannot exceed the columns: close to them it says how many there are, not how many the data determine.
    private const double SuspiciousShare = 0.5;

    // The gradient of loss and prior beside either alone, at a stationary point 0.
    private const double StationaryShare = 0.1;

    /// <summary>
    /// The norm of the penalised loss's gradient, |N grad L + P (theta* - mean)|, beside |N grad L| + |P
    /// (theta* - mean)|: 0 where the network is a stationary point of its prior, 1 at most. Null where it was
    /// fitted without labels.
    /// </summary>
    public double? Unrest() => Slopes() is var (sum, most) ? sum / most : null;

    // |N grad L + P (theta* - mean)|, and what it could be at most.
    private (double Sum, double Most)? Slopes()
    {
        if (gradient is null)
            return null;
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var (sum, loss, penalty) = (0.0, 0.0, 0.0);
        for (var l = 0; l < layers.Length; l++)
        {
            var mean = Alive.Prior.Mean is { Length: > 0 } means ? Alive.Mean[l] - means[l] : Alive.Mean[l];
            var (x, y) = (gradient[l] * (double)Facts.DataPoints, mean * PriorPrecision[l]);
            sum += (x + y).square().sum().ToDouble();
            loss += x.square().sum().ToDouble();
            penalty += y.square().sum().ToDouble();
        }
        return (Math.Sqrt(sum), Math.Sqrt(loss) + Math.Sqrt(penalty));
    }

    // What was said of an evidence is of no use once something else has chosen.
    private void ForgetEvidence() =>
        warnings.RemoveAll(warning => warning.StartsWith(EvidencePrefix, StringComparison.Ordinal));

    private void NoteEvidence()
    {
        ForgetEvidence();
        var gamma = EffectiveParameters;
        var isCrowded = !Facts.IsWhole && Alive.Data.IsLowRank && gamma > SuspiciousShare * Columns;
        if (isCrowded)
            Warn(
                $"{EvidencePrefix} {gamma:F0} effective parameters of {Columns} columns at most: the columns are too "
                    + "few, the prior precision too small, and predictions too uncertain; use validation data, more "
                    + "data points, or Kronecker factors."
            );
        if (Facts.IsLastLayer)
            return;
        if (Slopes() is var (sum, most) && sum > StationaryShare * most)
            Warn(
                $"{EvidencePrefix} the network is no stationary point of this prior: the gradient of loss and prior "
                    + $"has the norm {sum:G3}, {sum / most:P0} of what it could have at most, where a trained one has "
                    + "0 %; predictions are likely too uncertain; use validation data, or train with this weight decay."
            );
        else if (!Facts.IsWhole && !isCrowded)
            Warn(
                $"{EvidencePrefix} the Fisher of all {Facts.DataPoints:N0} data points is not whole here, by its "
                    + "structure, labels or number of points; use validation data, the last layer alone, or the full "
                    + "Fisher of all labels."
            );
    }
}
