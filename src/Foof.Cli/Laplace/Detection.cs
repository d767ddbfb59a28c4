using System.Text.Json.Nodes;

namespace Foof.Cli.Laplace;

/// <summary>How well scores tell test images from others: areas under the ROC curve.</summary>
internal sealed record Detection(double Probability, double Entropy, double Variance)
{
    /// <summary>Of the predictions for both.</summary>
    internal static Detection Of(Prediction inside, Prediction outside)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        return new(
            Calibration.Auroc(
                Calibration.Doubt(inside.Probabilities!),
                Calibration.Doubt(outside.Probabilities!)
            ),
            Calibration.Auroc(
                Calibration.Entropy(inside.Probabilities!),
                Calibration.Entropy(outside.Probabilities!)
            ),
            Calibration.Auroc(inside.Uncertainty(), outside.Uncertainty())
        );
    }

    /// <summary>As metrics.</summary>
    internal JsonObject ToJson() =>
        new()
        {
            ["probability"] = Probability,
            ["entropy"] = Entropy,
            ["variance"] = Variance,
        };
}
