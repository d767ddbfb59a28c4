using System.Text.Json.Nodes;
using Foof.Cli.Output;
using Spectre.Console;

namespace Foof.Cli.Bench;

/// <summary>The cost of a low-rank Laplace posterior. Times are medians over the rounds.</summary>
/// <param name="Name">The network's widths.</param>
/// <param name="Parameters">p.</param>
/// <param name="Columns">m, one sampled label for each of m data points.</param>
/// <param name="Fit">Seconds from the forward pass on: backward pass, Gram matrix, eigenvectors.</param>
/// <param name="Samples">Seconds of 100 samples.</param>
/// <param name="Predict">Seconds of the linearised prediction of 50 points.</param>
/// <param name="Evidence">Milliseconds of the evidence at 1,000 prior precisions.</param>
/// <param name="Pass">Seconds of a forward and a backward pass over the m points.</param>
/// <param name="PenaltyToPass">
/// The time of the full Fisher's penalty gradient at one sampled label per point, divided by that of a pass.
/// </param>
/// <param name="PenaltyOfAllLabelsToPass">That ratio with the expectation over all labels.</param>
/// <param name="PeakMegabytes">The largest resident memory of the process.</param>
internal sealed record LaplaceTime(
    string Name,
    long Parameters,
    long Columns,
    double Fit,
    double Samples,
    double Predict,
    double Evidence,
    double Pass,
    double PenaltyToPass,
    double PenaltyOfAllLabelsToPass,
    double PeakMegabytes
)
{
    /// <summary>The time of one sample divided by that of a forward and backward pass.</summary>
    internal double SampleToPass => Samples / 100 / Pass;

    /// <summary>The row in the metrics.</summary>
    internal JsonObject ToJson() =>
        new()
        {
            ["name"] = Name,
            ["parameters"] = Parameters,
            ["columns"] = Columns,
            ["fit_s"] = Fit,
            ["sample100_s"] = Samples,
            ["predict_s"] = Predict,
            ["evidence1000_ms"] = Evidence,
            ["pass_s"] = Pass,
            ["sample_to_pass_ratio"] = SampleToPass,
            ["penalty_to_pass_ratio"] = PenaltyToPass,
            ["penalty_all_labels_to_pass_ratio"] = PenaltyOfAllLabelsToPass,
            ["peak_rss_mb"] = PeakMegabytes,
        };

    /// <summary>Writes the table.</summary>
    internal static void Show(IAnsiConsole console, IReadOnlyList<LaplaceTime> times)
    {
        var table = Tables.Of(
            "network",
            "weights p",
            "columns m",
            "fit s",
            "100 samples s",
            "sample/pass",
            "predict 50 s",
            "evidence 1000 ms",
            "penalty/pass",
            "all labels/pass",
            "peak MB"
        );
        foreach (var time in times)
            table.AddRow(
                time.Name,
                $"{time.Parameters:N0}",
                $"{time.Columns}",
                $"{time.Fit:F2}",
                $"{time.Samples:F2}",
                $"{time.SampleToPass:F2}",
                $"{time.Predict:F3}",
                $"{time.Evidence:F1}",
                $"{time.PenaltyToPass:F2}",
                $"{time.PenaltyOfAllLabelsToPass:F2}",
                $"{time.PeakMegabytes:F0}"
            );
        console.Write(table);
    }
}
