using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Foof.Cli.Laplace;

/// <summary>How good class probabilities are.</summary>
internal sealed record Quality(double Loss, double Accuracy, double Brier, double CalibrationError)
{
    /// <summary>Of probabilities [n; C] for labels [n].</summary>
    internal static Quality Of(Tensor probabilities, Tensor labels) =>
        new(
            Calibration.NegativeLogLikelihood(probabilities, labels),
            Calibration.Accuracy(probabilities, labels),
            Calibration.Brier(probabilities, labels),
            Calibration.CalibrationError(probabilities, labels)
        );

    /// <summary>As metrics.</summary>
    internal JsonObject ToJson() =>
        new()
        {
            ["nll"] = Loss,
            ["test_accuracy"] = Accuracy,
            ["brier"] = Brier,
            ["ece"] = CalibrationError,
        };
}
