using System.Text.Json.Nodes;
using Foof.Cli.Output;
using Foof.Cli.Reports.Sections;
using Spectre.Console;

namespace Foof.Cli.Laplace;

/// <summary>The results of <c>foof laplace</c>.</summary>
internal sealed record LaplaceResult
{
    /// <summary>The posterior's name.</summary>
    public required string Structure { get; init; }

    /// <summary>p, the number of weights.</summary>
    public required long Parameters { get; init; }

    /// <summary>m, the number of columns of the Fisher factor.</summary>
    public required long Columns { get; init; }

    /// <summary>The chosen prior precision of each layer.</summary>
    public required double[] PriorPrecision { get; init; }

    /// <summary>How the prior precision was chosen.</summary>
    public required string Tuned { get; init; }

    /// <summary>log p(D) at that precision.</summary>
    public required double LogEvidence { get; init; }

    /// <summary>gamma at that precision.</summary>
    public required double EffectiveParameters { get; init; }

    /// <summary>
    /// The seconds of the fit, the choice of the prior, 100 samples and the predictions of the test images.
    /// </summary>
    public required (double Fit, double Tune, double Samples, double Predict) Seconds { get; init; }

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
    internal JsonObject ToJson(double peak) =>
        new()
        {
            ["command"] = "laplace",
            ["structure"] = Structure,
            ["parameters"] = Parameters,
            ["columns"] = Columns,
            ["prior_precision"] =
                PriorPrecision.Distinct().Count() == 1
                    ? PriorPrecision[0]
                    : new JsonArray([.. PriorPrecision.Select(value => (JsonNode)value)]),
            ["tuned_by"] = Tuned,
            ["log_evidence"] = LogEvidence,
            ["effective_parameters"] = EffectiveParameters,
            ["fit_s"] = Seconds.Fit,
            ["tune_s"] = Seconds.Tune,
            ["sample100_s"] = Seconds.Samples,
            ["predict_s"] = Seconds.Predict,
            ["test_accuracy"] = Quality.Posterior.Accuracy,
            ["nll"] = Quality.Posterior.Loss,
            ["brier"] = Quality.Posterior.Brier,
            ["ece"] = Quality.Posterior.CalibrationError,
            ["ood_auroc"] = Detection.Noise.Outputs,
            ["plain"] = Quality.Plain.ToJson(),
            ["temperature_scaling"] = Quality.Scaled?.ToJson(),
            ["ood"] = new JsonObject { ["noise"] = Detection.Noise.ToJson(), ["rotated"] = Detection.Rotated.ToJson() },
            ["reliability"] = new JsonArray([
                .. Reliability.Select(bin => new JsonObject
                {
                    ["low"] = bin.Low,
                    ["high"] = bin.High,
                    ["count"] = bin.Count,
                    ["confidence"] = bin.Confidence,
                    ["accuracy"] = bin.Accuracy,
                }),
            ]),
            ["evidence_curve"] = CurveJson(),
            ["warnings"] = new JsonArray([.. Warnings.Select(warning => (JsonNode)warning)]),
            ["peak_rss_mb"] = peak,
        };

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
