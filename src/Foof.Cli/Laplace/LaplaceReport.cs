using Foof.Cli.Engine;
using Foof.Cli.Reports;
using Foof.Cli.Reports.Sections;
using Foof.Cli.Training;
using TorchSharp;

namespace Foof.Cli.Laplace;

/// <summary>The report about a posterior.</summary>
internal static class LaplaceReport
{
    private static readonly string[] Columns = ["predictions", "NLL", "accuracy", "Brier score", "calibration error"];

    /// <summary>The report about the results.</summary>
    internal static Report Of(
        LaplaceResult result,
        TrainingSettings options,
        string fingerprint,
        LaplaceSettings settings
    )
    {
        var posterior = $"{result.Structure} posterior";
        return new(
            $"Laplace posterior, {result.Structure}, of {options.Model} with "
                + $"{Say.Count(result.Parameters)} parameters",
            $"Calibrated predictions on {TrainingReport.Name(options)}",
            Lead(result),
            [
                Quality(result, posterior),
                ReliabilitySection.Of([
                    new(posterior, result.Reliability),
                    new("plain network", result.PlainReliability),
                ]),
                ConfidenceSection.Of(result.Groups),
                EvidenceSection.Of(result.Curve, Single(result.PriorPrecision)),
                Measured(options, fingerprint, result, settings).ToSection(Notes(result)),
            ]
        );
    }

    private static string Lead(LaplaceResult result)
    {
        var (plain, posterior) = (result.Quality.Plain, result.Quality.Posterior);
        var (noise, rotated) = result.Detection;
        return $"The variance of the posterior's outputs separates noise from test images with an area under the ROC curve of "
            + $"{Say.Number(noise.Outputs)}, and rotated images with {Say.Number(rotated.Outputs)}. "
            + $"The posterior's calibration error is {Say.Percent(posterior.CalibrationError)}, the plain network's "
            + $"{Say.Percent(plain.CalibrationError)}; {Say.Percent(posterior.Accuracy)} of the test images are right.";
    }

    private static ReportSection Quality(LaplaceResult result, string posterior)
    {
        var (plain, scaled, own) = result.Quality;
        List<(string Name, Quality Quality)> rows = [(posterior, own), ("plain network", plain)];
        if (scaled is not null)
            rows.Add(("temperature scaling", scaled));
        return new(
            "Quality",
            "The variance of the outputs recognises foreign images best: that of the probabilities falls again where the "
                + "network is far from all data. An area of 1 separates all, 0.5 none. In the second table, smaller is better except "
                + "for the accuracy; NLL is the mean negative log-likelihood.",
            [
                new TableFigure(
                    "Area under the ROC curve that separates foreign images from test images",
                    new(
                        [
                            "images",
                            "by the outputs' variance",
                            "by entropy",
                            "by probability",
                            "by the probabilities' variance",
                        ],
                        [Cells("noise", result.Detection.Noise), Cells("rotated", result.Detection.Rotated)]
                    )
                ),
                new TableFigure(
                    "Of the test images",
                    new(Columns, [.. rows.Select(row => Cells(row.Name, row.Quality))], 0)
                ),
            ]
        );
    }

    private static IReadOnlyList<string> Cells(string name, Quality quality) =>
        [
            name,
            Say.Number(quality.Loss),
            Say.Percent(quality.Accuracy),
            Say.Number(quality.Brier),
            Say.Percent(quality.CalibrationError),
        ];

    private static IReadOnlyList<string> Cells(string name, Detection detection) =>
        [
            name,
            Say.Number(detection.Outputs),
            Say.Number(detection.Entropy),
            Say.Number(detection.Probability),
            Say.Number(detection.Variance),
        ];

    private static double? Single(double[] precisions) => precisions.Distinct().Count() == 1 ? precisions[0] : null;

    private static Measurement Measured(
        TrainingSettings options,
        string fingerprint,
        LaplaceResult result,
        LaplaceSettings settings
    ) =>
        TrainingReport.Measured(
            Measurement.Line("laplace", LaplaceSettings.Table.Options(settings)),
            options,
            fingerprint,
            [Machine.Description]
        ) with
        {
            Before = settings.Model is null ? null : TrainingReport.Command(options) + $" --out {settings.Model}",
            Device = settings.Device,
            Threads = torch.get_num_threads(),
            Seed = settings.Seed,
        };

    private static string Notes(LaplaceResult result)
    {
        var (fit, tune, samples, predict) = result.Seconds;
        return $"The prior precision was chosen by {result.Tuned}. The fit took {Say.Time(fit)}, the choice "
            + $"{Say.Time(tune)}, 100 samples {Say.Time(samples)}, the test images' predictions "
            + $"{Say.Time(predict)}.";
    }
}
