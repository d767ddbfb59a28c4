using Foof.Cli.Reports.Charts;

namespace Foof.Cli.Reports.Sections;

/// <summary>The section about the evidence at different prior precisions.</summary>
internal static class EvidenceSection
{
    private const int MostPoints = 120;
    private const double Margin = 1.2;

    /// <summary>The section about a curve.</summary>
    /// <param name="curve">
    /// Points with rising prior precisions; the page shows a part of them.
    /// </param>
    /// <param name="chosen">The prior precision that was used; null if each layer has its own.</param>
    internal static ReportSection Of(IReadOnlyList<EvidencePoint> curve, double? chosen)
    {
        curve = [.. curve.Where(point => double.IsFinite(point.LogEvidence))];
        var best = curve.MaxBy(point => point.LogEvidence)!;
        var used = chosen is { } value ? $" {Say.Number(value)} was used (the dashed line)." : "";
        var shown = Thinned(Near(curve, best, chosen));
        return new(
            "Evidence",
            $"The evidence is highest at prior precision {Say.Number(best.PriorPrecision)}, where "
                + $"log p(D) is "
                + $"{Say.Number(best.LogEvidence)} and {Say.Number(best.EffectiveParameters)} parameters are "
                + $"determined by the data.{used} Precisions where it is far lower are left out.",
            [
                Over("Log evidence", "log p(D)", shown, point => point.LogEvidence, chosen),
                Over("Effective parameters", "gamma", shown, point => point.EffectiveParameters, chosen),
            ]
        );
    }

    private static Chart Over(
        string title,
        string axis,
        IReadOnlyList<EvidencePoint> curve,
        Func<EvidencePoint, double> value,
        double? chosen
    ) =>
        new LineChart(
            $"{title} against the prior precision",
            new("prior precision") { IsLogarithmic = true },
            new(axis),
            "curve",
            [new(title, [.. curve.Select(point => (point.PriorPrecision, value(point)))])]
        )
        {
            Mark = chosen,
        }.ToFigure();

    // Far from a sensible prior, the evidence falls so low that the rest of the curve would look flat.
    private static IReadOnlyList<EvidencePoint> Near(
        IReadOnlyList<EvidencePoint> curve,
        EvidencePoint best,
        double? chosen
    )
    {
        var used = curve.MinBy(point => Math.Abs(Math.Log(point.PriorPrecision / (chosen ?? best.PriorPrecision))))!;
        var drop = Math.Max(
            best.LogEvidence - Math.Max(curve[0].LogEvidence, curve[^1].LogEvidence),
            best.LogEvidence - used.LogEvidence
        );
        return [.. curve.Where(point => best.LogEvidence - point.LogEvidence <= Margin * drop)];
    }

    private static IReadOnlyList<EvidencePoint> Thinned(IReadOnlyList<EvidencePoint> curve)
    {
        var stride = (curve.Count + MostPoints - 1) / MostPoints;
        return [.. curve.Where((_, place) => place % stride == 0 || place == curve.Count - 1)];
    }
}
