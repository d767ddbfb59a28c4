using System.Globalization;

namespace Foof.Cli.Reports.Sections;

/// <summary>
/// What a run was set to, and what it came to; null where the optimiser has no such setting.
/// </summary>
/// <param name="Optimizer">The optimiser's name.</param>
/// <param name="LearningRate">The size of its steps.</param>
internal sealed record SettingsRow(string Optimizer, double LearningRate)
{
    /// <summary>lambda.</summary>
    internal double? Damping { get; init; }

    /// <summary>T and S.</summary>
    internal (int InvertEvery, int StatisticsSteps)? Cadence { get; init; }

    /// <summary>The share of the velocity that is kept.</summary>
    internal double? Momentum { get; init; }

    /// <summary>How it learnt; null where it diverged.</summary>
    internal LearningCurve? Curve { get; init; }
}

/// <summary>All settings, with what came of them.</summary>
internal static class SettingsSection
{
    private static readonly string[] Columns =
    [
        "optimiser",
        "learning rate",
        "damping",
        "momentum",
        "T",
        "S",
        "training loss",
        "test loss",
        "test accuracy",
        "seconds",
        "ms/step",
    ];

    /// <summary>Of one run or several; the first one stands out where there are several.</summary>
    internal static ReportSection Of(IReadOnlyList<SettingsRow> rows) =>
        new(
            "Settings",
            "T is every how many steps matrices are inverted, S in how many steps before that statistics are "
                + "taken. A dash stands where an optimiser has no such setting.",
            [
                new TableFigure(
                    rows.Count == 1 ? "The run" : "All runs",
                    new(Columns, [.. rows.Select(Cells)], rows.Count > 1 ? 0 : null)
                ),
            ]
        );

    private static IReadOnlyList<string> Cells(SettingsRow row)
    {
        var last = row.Curve?.Epochs[^1];
        return
        [
            row.Optimizer,
            Exact(row.LearningRate),
            Exact(row.Damping),
            Exact(row.Momentum),
            Say.Number(row.Cadence?.InvertEvery),
            Say.Number(row.Cadence?.StatisticsSteps),
            last is null ? "diverged" : Say.Number(last.TrainLoss),
            Say.Number(last?.TestLoss),
            Say.Percent(last?.TestAccuracy),
            Say.Number(row.Curve?.Clock.Last()),
            Say.Number(last?.StepMsMedian),
        ];
    }

    // Settings are what the user wrote, to the last digit.
    private static string Exact(double? value) =>
        value?.ToString(CultureInfo.InvariantCulture) ?? Say.Nothing;
}
