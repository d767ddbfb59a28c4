using System.Text.Json.Nodes;
using Foof.Cli.Reports;
using Foof.Cli.Reports.Charts;
using Foof.Validation;

namespace Foof.Cli.Reproduce;

/// <summary>The theorems of the literature as programs: each holds, or it does not. They need no data.</summary>
internal static class TheoryFigure
{
    /// <summary>The figure.</summary>
    internal static PaperFigure All { get; } =
        new("theory", "Fourteen theorems, run as programs on Foof's own operators", "see each theorem", Make)
        {
            NeedsImages = false,
        };

    private static Findings Make(Laboratory laboratory)
    {
        IReadOnlyList<TheoremResult> results = [];
        laboratory.Progress.Track(
            "theory",
            Theory.theorems.Length,
            meter =>
                results = Theory.run(
                    Theory.DefaultSeed,
                    [],
                    (done, name) => meter.Show(done, () => name),
                    laboratory.Stop
                )
        );
        return new(
            [.. results.Select(Claim)],
            [Statements(results), .. results.SelectMany(result => result.Findings.Plots).Select(Chart)],
            new() { ["theorems"] = new JsonArray([.. results.Select(ToJson)]) }
        );
    }

    private static Claim Claim(TheoremResult result)
    {
        var statements = result.Findings.Statements;
        var failures = result.Failures;
        return new(
            result.Theorem.Title,
            $"{result.Theorem.Claim} ({result.Theorem.Source})",
            failures.Length == 0
                ? $"{Say.Many(statements.Length, "statement")} hold. {result.Theorem.Meaning}"
                : $"{failures.Length} of {statements.Length} do not hold: {failures[0]}",
            failures.Length == 0 ? Verdict.Holds
                : failures.Length < statements.Length ? Verdict.HoldsInPart
                : Verdict.DoesNotHold
        );
    }

    private static TableFigure Statements(IReadOnlyList<TheoremResult> results) =>
        new(
            "What was foretold, and what was found",
            new(
                ["theorem", "statement", "comparison", "holds"],
                [
                    .. results.SelectMany(result =>
                        result.Findings.Statements.Select(statement =>
                            (IReadOnlyList<string>)
                                [
                                    result.Theorem.Name,
                                    statement.Name,
                                    statement.Comparison,
                                    statement.Holds ? "yes" : "NO",
                                ]
                        )
                    ),
                ]
            )
        );

    private static Chart Chart(Plot plot) =>
        new LineChart(
            plot.Title,
            new(plot.XAxis) { IsLogarithmic = plot.LogarithmicX },
            new(plot.YAxis) { IsLogarithmic = plot.LogarithmicY },
            "line",
            [.. plot.Series.Select(line => new Series(line.Name, line.X.Zip(line.Y)))]
        ).ToFigure();

    private static JsonObject ToJson(TheoremResult result) =>
        new()
        {
            ["name"] = result.Theorem.Name,
            ["row"] = result.Theorem.Row,
            ["holds"] = result.Holds,
            ["seconds"] = result.Seconds,
            ["statements"] = new JsonArray([
                .. result.Findings.Statements.Select(statement => new JsonObject
                {
                    ["name"] = statement.Name,
                    ["value"] = double.IsFinite(statement.Value) ? statement.Value : null,
                    ["expected"] = statement.Expected,
                    ["comparison"] = statement.Comparison,
                    ["holds"] = statement.Holds,
                }),
            ]),
        };
}
