using Foof.Cli.Reports.Charts;

namespace Foof.Cli.Reports.Sections;

/// <summary>A group of images, such as wrong images or rotated images.</summary>
/// <param name="Name">The name of the group, in the plural.</param>
/// <param name="Confidences">The largest probability of each image.</param>
/// <param name="Examples">Some of the images, with the highest confidence first; there may be none.</param>
internal sealed record ImageGroup(string Name, IReadOnlyList<double> Confidences, IReadOnlyList<ShownImage> Examples);

/// <summary>The section about confidence in wrong and foreign images, with examples.</summary>
internal static class ConfidenceSection
{
    private const int Bins = 20;
    private const double Sure = 0.9;

    /// <summary>The section about some groups, of which the first one stands out.</summary>
    internal static ReportSection Of(IReadOnlyList<ImageGroup> groups) =>
        new(
            "Confidence of wrong and foreign images",
            string.Join(" ", groups.Where(group => group.Confidences.Count > 0).Select(Describe)),
            [
                .. Spread(groups),
                .. groups
                    .Where(group => group.Examples.Count > 0)
                    .Select(group => new ImageFigure($"The surest of the {group.Name}", group.Examples)),
            ]
        );

    private static string Describe(ImageGroup group)
    {
        var sure = group.Confidences.Count(confidence => confidence > Sure);
        return $"Of {Say.Count(group.Confidences.Count)} {group.Name}, {Say.Count(sure)} "
            + $"({Say.Percent((double)sure / group.Confidences.Count)}) have a confidence above {Sure:P0}.";
    }

    // Each group has its own bars, and all have one scale.
    private static IEnumerable<Chart> Spread(IReadOnlyList<ImageGroup> groups)
    {
        var bars = groups.Where(group => group.Confidences.Count > 0).Select(group => (group.Name, Bars: Bars(group)));
        var highest = bars.SelectMany(group => group.Bars).Select(bar => bar.Share).DefaultIfEmpty(1).Max();
        return bars.Select(group =>
            new Histogram($"Confidence of the {group.Name}", "confidence", "share of the images", group.Bars)
            {
                Highest = highest,
            }.ToFigure()
        );
    }

    private static Bar[] Bars(ImageGroup group)
    {
        var counts = new int[Bins];
        foreach (var confidence in group.Confidences)
            counts[Math.Clamp((int)Math.Ceiling(confidence * Bins) - 1, 0, Bins - 1)]++;
        return
        [
            .. counts.Select(
                (count, bin) => new Bar((double)bin / Bins, (bin + 1.0) / Bins, (double)count / group.Confidences.Count)
            ),
        ];
    }
}
