using Foof.Cli.Reports.Charts;

namespace Foof.Cli.Reports.Sections;

/// <summary>The reliability of one model's confidences.</summary>
/// <param name="Name">The model, such as "plain network".</param>
/// <param name="Bins">The bins by rising confidence; empty ones may be missing.</param>
internal sealed record Reliability(string Name, IReadOnlyList<ReliabilityBin> Bins)
{
    /// <summary>
    /// The expected calibration error: the mean over images of |accuracy - confidence| of their bin
    /// (Guo et al. 2017).
    /// </summary>
    internal double Error =>
        Bins.Sum(bin => bin.Count * Math.Abs(bin.Accuracy - bin.Confidence)) / Math.Max(1, Bins.Sum(bin => bin.Count));
}

/// <summary>The section of reliability diagrams.</summary>
internal static class ReliabilitySection
{
    private static readonly (double, double) Shares = (0, 1);

    /// <summary>The section about one or several models, of which the first one stands out.</summary>
    internal static ReportSection Of(IReadOnlyList<Reliability> diagrams) =>
        new(
            "Reliability",
            $"The expected calibration error is {Say.List([.. diagrams.Select(Describe)])}. On the "
                + $"dashed line, "
                + "confidence and accuracy are the same; below it, the model is too sure.",
            [Diagram(diagrams), Counts(diagrams)]
        );

    private static string Describe(Reliability diagram) => $"{Say.Percent(diagram.Error)} for the {diagram.Name}";

    private static Chart Diagram(IReadOnlyList<Reliability> diagrams) =>
        new LineChart(
            "Accuracy against confidence",
            new("confidence") { IsShare = true, Ends = Shares },
            new("accuracy") { IsShare = true, Ends = Shares },
            "model",
            [
                .. diagrams.Select(diagram => new Series(
                    diagram.Name,
                    [.. diagram.Bins.Select(bin => (bin.Confidence, bin.Accuracy))]
                )),
            ]
        )
        {
            HasDiagonal = true,
        }.ToFigure();

    private static Chart Counts(IReadOnlyList<Reliability> diagrams) =>
        new LineChart(
            "Share of the test images against confidence",
            new("confidence") { IsShare = true, Ends = Shares },
            new("share of images") { IsShare = true },
            "model",
            [.. diagrams.Select(diagram => new Series(diagram.Name, [.. Spread(diagram.Bins)]))]
        ).ToFigure();

    private static IEnumerable<(double, double)> Spread(IReadOnlyList<ReliabilityBin> bins)
    {
        var all = Math.Max(1, bins.Sum(bin => bin.Count));
        return bins.Select(bin => ((bin.Low + bin.High) / 2, (double)bin.Count / all));
    }
}
