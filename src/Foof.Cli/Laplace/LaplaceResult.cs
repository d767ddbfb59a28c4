using System.Text.Json.Nodes;
using Foof.Cli.Output;
using Foof.Cli.Reports.Sections;
using Spectre.Console;

namespace Foof.Cli.Laplace;

/// <summary>The results of <c>foof laplace</c>.</summary>
internal sealed record LaplaceResult
{
    /// <summary>The posterior.</summary>
    public required FittedPosterior Fitted { get; init; }

    internal string Structure => Fitted.Structure;

    internal long Parameters => Fitted.Parameters;

    internal long Columns => Fitted.Columns;

    internal double[] PriorPrecision => Fitted.PriorPrecision;

    internal string Tuned => Fitted.Tuned;

    internal double LogEvidence => Fitted.LogEvidence;

    internal double EffectiveParameters => Fitted.EffectiveParameters;

    /// <summary>The seconds of 100 samples and of the predictions of the test images.</summary>
    public required (double Samples, double Predict) Later { get; init; }

    /// <summary>
    /// The seconds of the fit, the choice of the prior, 100 samples and the predictions of the test images.
    /// </summary>
    internal (double Fit, double Tune, double Samples, double Predict) Seconds =>
        (Fitted.Seconds.Fit, Fitted.Seconds.Tune, Later.Samples, Later.Predict);

    /// <summary>The quality of the network, of temperature scaling (with validation data) and of the posterior.</summary>
    public required (Quality Plain, Quality? Scaled, Quality Posterior) Quality { get; init; }

    /// <summary>How well noise and rotated images are detected.</summary>
    public required (Detection Noise, Detection Rotated) Detection { get; init; }

    /// <summary>The reliability diagram of the posterior on the test images.</summary>
    public required IReadOnlyList<ReliabilityBin> Reliability { get; init; }

    /// <summary>The reliability diagram of the network.</summary>
    public required IReadOnlyList<ReliabilityBin> PlainReliability { get; init; }

    /// <summary>The posterior's confidence in wrong, foreign and right images, with examples.</summary>
    public required IReadOnlyList<ImageGroup> Groups { get; init; }

    /// <summary>The evidence at many prior precisions.</summary>
    public required IReadOnlyList<EvidencePoint> Curve { get; init; }

    /// <summary>Warnings for the user.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>The part in the metrics.</summary>
    internal JsonObject ToJson(double peak)
    {
        var json = Fitted.ToJson();
        json["sample100_s"] = Seconds.Samples;
        json["predict_s"] = Seconds.Predict;
        json["test_accuracy"] = Quality.Posterior.Accuracy;
        json["nll"] = Quality.Posterior.Loss;
        json["brier"] = Quality.Posterior.Brier;
        json["ece"] = Quality.Posterior.CalibrationError;
        json["ood_auroc"] = Detection.Noise.Outputs;
        json["plain"] = Quality.Plain.ToJson();
        json["temperature_scaling"] = Quality.Scaled?.ToJson();
        json["ood"] = new JsonObject { ["noise"] = Detection.Noise.ToJson(), ["rotated"] = Detection.Rotated.ToJson() };
        json["reliability"] = new JsonArray([
            .. Reliability.Select(bin => new JsonObject
            {
                ["low"] = bin.Low,
                ["high"] = bin.High,
                ["count"] = bin.Count,
                ["confidence"] = bin.Confidence,
                ["accuracy"] = bin.Accuracy,
            }),
        ]);
        json["evidence_curve"] = CurveJson();
        json["warnings"] = new JsonArray([.. Warnings.Select(warning => (JsonNode)warning)]);
        json["peak_rss_mb"] = peak;
        return json;
    }

    private JsonArray CurveJson() =>
        [
            .. Curve.Select(point => new JsonObject
            {
                ["prior_precision"] = point.PriorPrecision,
                ["log_evidence"] = point.LogEvidence,
                ["effective_parameters"] = point.EffectiveParameters,
            }),
        ];

    /// <summary>Writes the results for the user.</summary>
    internal void Write(IAnsiConsole console)
    {
        var table = Tables.Of("predictions", "NLL", "accuracy", "Brier", "ECE");
        Row("plain network", Quality.Plain);
        if (Quality.Scaled is { } scaled)
            Row("temperature scaling", scaled);
        Row($"posterior {Structure}", Quality.Posterior);
        console.Write(table);
        var writer = console.Profile.Out.Writer;
        writer.WriteLine(
            $"{Parameters:N0} weights, {Columns:N0} eigenvalues, prior precision "
                + $"{string.Join(", ", PriorPrecision.Distinct().Select(value => $"{value:G4}"))} "
                + $"by {Tuned}, {EffectiveParameters:F0} effective parameters, "
                + $"log evidence {LogEvidence:F1}."
        );
        Tell("uniform noise", Detection.Noise);
        Tell("rotated images", Detection.Rotated);
        var (fit, tune, samples, predict) = Seconds;
        writer.WriteLine(
            $"Fit {fit:F2} s, choice of the prior {tune:F2} s, 100 samples {samples:F2} s, "
                + $"predictions {predict:F2} s, "
                + $"peak memory {MemoryUse.PeakMegabytes:F0} MB."
        );
        void Row(string name, Quality quality) =>
            table.AddRow(
                name,
                $"{quality.Loss:F4}",
                $"{quality.Accuracy:F4}",
                $"{quality.Brier:F4}",
                $"{quality.CalibrationError:F4}"
            );

        void Tell(string what, Detection detection) =>
            writer.WriteLine(
                $"Area under the ROC curve for {what}: {detection.Probability:F3} by probability, "
                    + $"{detection.Entropy:F3} by entropy, {detection.Variance:F3} by variance, "
                    + $"{detection.Outputs:F3} by the outputs' variance."
            );
    }
}
