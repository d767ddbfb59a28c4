using System.Text.Json.Nodes;

namespace Foof.Cli.Laplace;

/// <summary>How well scores tell test images from others: areas under the ROC curve.</summary>
/// <param name="Probability">By the largest probability.</param>
/// <param name="Entropy">By the entropy of the probabilities.</param>
/// <param name="Variance">By the variance of the probabilities under the posterior.</param>
/// <param name="Outputs">By the variance of the outputs under the posterior.</param>
internal sealed record Detection(double Probability, double Entropy, double Variance, double Outputs)
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
            Calibration.Auroc(inside.Spread!, outside.Spread!),
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
            ["output_variance"] = Outputs,
        };
}
