using Foof.Cli.Engine;
using Foof.Cli.Reports;
using Foof.Cli.Reports.Sections;

namespace Foof.Cli.Reproduce;

/// <summary>The page about figures: claims, negative results first, then charts.</summary>
internal static class ReproduceReport
{
    /// <summary>The page about figures of which one at least was made.</summary>
    internal static Report Of(IReadOnlyList<FigureResult> results, Laboratory laboratory, string command)
    {
        FigureResult[] made = [.. results.Where(result => result.Findings is not null)];
        return new(
            "The papers' claims, run again",
            made is [var only] ? $"Figure {only.Figure.Name}: {only.Figure.Title}" : "The figures of two papers",
            Lead([.. made.SelectMany(result => result.Findings!.Claims)]),
            [
                .. made.Select(Section),
                laboratory
                    .Measurement(command)
                    .ToSection(
                        "Settings are chosen for each method by its final training loss on the first seed, among those that diverge on no "
                            + "seed, on grids of 1 and 3 times the powers of ten that are widened until the best setting lies at no edge; means and "
                            + "deviations are over seeds with that setting. Runs that diverged are kept, and shown as such."
                    ),
            ]
        );
    }

    private static string Lead(Claim[] claims)
    {
        int Count(Verdict verdict) => claims.Count(claim => claim.Verdict == verdict);
        var first = claims.OrderBy(claim => claim.Verdict).First();
        var text =
            $"Of {Say.Many(claims.Length, "claim")}, {Count(Verdict.DoesNotHold)} {(Count(Verdict.DoesNotHold) == 1 ? "does" : "do")} "
            + $"not hold here, {Count(Verdict.HoldsInPart)} {(Count(Verdict.HoldsInPart) == 1 ? "holds" : "hold")} in part, and "
            + $"{Count(Verdict.Holds)} {(Count(Verdict.Holds) == 1 ? "holds" : "hold")}.";
        return claims.Length == 1 ? $"{first.Text}: {first.InWords} ({first.Measured})." : text;
    }

    private static ReportSection Section(FigureResult result) =>
        new(
            $"{result.Figure.Name}: {result.Figure.Title}",
            $"{result.Figure.Source}. {result.Findings!.Notes}".TrimEnd(),
            [
                new TableFigure(
                    $"Claims of figure {result.Figure.Name}",
                    new(
                        ["claim", "what the paper says", "what was measured here", "verdict"],
                        [
                            .. result.Findings.Ordered.Select(claim =>
                                (IReadOnlyList<string>)[claim.Text, claim.Paper, claim.Measured, claim.InWords]
                            ),
                        ]
                    )
                ),
                .. result.Findings.Charts,
            ]
        );
}
