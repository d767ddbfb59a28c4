using System.Text.Json.Nodes;
using Foof.Cli.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Laplace;

/// <summary>The quality of class probabilities.</summary>
internal sealed record Quality(double Loss, double Accuracy, double Brier, double CalibrationError)
{
    /// <summary>The quality of probabilities [n; C] for labels [n].</summary>
    internal static Quality Of(Tensor probabilities, Tensor labels) =>
        new(
            Calibration.NegativeLogLikelihood(probabilities, labels),
            Calibration.Accuracy(probabilities, labels),
            Calibration.Brier(probabilities, labels),
            Calibration.CalibrationError(probabilities, labels)
        );

    /// <summary>The part in the metrics.</summary>
    internal JsonObject ToJson() =>
        new()
        {
            ["nll"] = Loss,
            ["test_accuracy"] = Accuracy,
            ["brier"] = Brier,
            ["ece"] = CalibrationError,
        };
}

/// <summary>How well scores separate test images from others, as areas under the ROC curve.</summary>
/// <param name="Probability">By the largest probability.</param>
/// <param name="Entropy">By the entropy of the probabilities.</param>
/// <param name="Variance">By the variance of the probabilities under the posterior.</param>
/// <param name="Outputs">By the variance of the outputs under the posterior.</param>
internal sealed record Detection(double Probability, double Entropy, double Variance, double Outputs)
{
    /// <summary>Compares the predictions of both.</summary>
    internal static Detection Of(Prediction inside, Prediction outside)
    {
        using var scope = NewDisposeScope();
        return new(
            Calibration.Auroc(
                Calibration.OneMinusConfidence(inside.Probabilities!),
                Calibration.OneMinusConfidence(outside.Probabilities!)
            ),
            Calibration.Auroc(Calibration.Entropy(inside.Probabilities!), Calibration.Entropy(outside.Probabilities!)),
            Calibration.Auroc(inside.ProbabilityVariance!, outside.ProbabilityVariance!),
            Calibration.Auroc(inside.Uncertainty(), outside.Uncertainty())
        );
    }

    /// <summary>The part in the metrics.</summary>
    internal JsonObject ToJson() =>
        new()
        {
            ["probability"] = Probability,
            ["entropy"] = Entropy,
            ["variance"] = Variance,
            ["output_variance"] = Outputs,
        };
}

/// <summary>Makes images that the network was not trained for.</summary>
internal static class ForeignImages
{
    /// <summary>As many images of noise, whose pixels are independent and uniform between 0 and 1.</summary>
    internal static ImageSet Noise(ImageSet like, long seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        return ImageSet.Made(rand(like.Images.shape, generator: generator), like.Scale);
    }

    /// <summary>The images turned by 90 degrees, or by 180 if they are not square.</summary>
    internal static ImageSet Rotated(ImageSet set)
    {
        using var scope = NewDisposeScope();
        var turned = set.Images.shape[2] == set.Columns ? set.Images.transpose(2, 3).flip(2) : set.Images.flip(2, 3);
        return new(
            turned.contiguous().DetachFromDisposeScope(),
            set.Labels.alias().DetachFromDisposeScope(),
            set.Scale
        );
    }
}
