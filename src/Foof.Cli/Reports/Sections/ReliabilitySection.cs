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
                + "confidence and accuracy are the same; below it, the model is too sure. The area of a point is the number "
                + "of its images.",
            [Diagram(diagrams), .. Counts(diagrams)]
        );

    private static string Describe(Reliability diagram) => $"{Say.Percent(diagram.Error)} for the {diagram.Name}";

    private static Chart Diagram(IReadOnlyList<Reliability> diagrams) =>
        new LineChart(
            "Accuracy against confidence",
            new("confidence") { IsShare = true, Ends = Shares },
            new("accuracy") { IsShare = true, Ends = Shares },
            "model",
            [
                .. diagrams
                    .Select(diagram => (diagram.Name, Bins: diagram.Bins.Where(bin => bin.Count > 0).ToArray()))
                    .Select(diagram => new Series(
                        diagram.Name,
                        diagram.Bins.Select(bin => (bin.Confidence, bin.Accuracy))
                    )
                    {
                        Weights = Weights(diagram.Bins),
                    }),
            ]
        )
        {
            HasDiagonal = true,
        }.ToFigure();

    private static double[] Weights(ReliabilityBin[] bins)
    {
        var most = bins.Select(bin => bin.Count).DefaultIfEmpty(1).Max();
        return [.. bins.Select(bin => (double)bin.Count / most)];
    }

    private static IEnumerable<Chart> Counts(IReadOnlyList<Reliability> diagrams)
    {
        var bars = diagrams.Select(diagram => (diagram.Name, Bars: Bars(diagram.Bins))).ToArray();
        var highest = bars.SelectMany(diagram => diagram.Bars).Select(bar => bar.Share).DefaultIfEmpty(1).Max();
        return bars.Where(diagram => diagram.Bars.Length > 0)
            .Select(diagram =>
                new Histogram(
                    $"Test images by confidence, {diagram.Name}",
                    "confidence",
                    "share of the images",
                    diagram.Bars
                )
                {
                    Highest = highest,
                }.ToFigure()
            );
    }

    private static Bar[] Bars(IReadOnlyList<ReliabilityBin> bins)
    {
        var all = Math.Max(1, bins.Sum(bin => bin.Count));
        return [.. bins.Select(bin => new Bar(bin.Low, bin.High, (double)bin.Count / all))];
    }
}
