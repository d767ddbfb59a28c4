using System.Globalization;
using Foof.Cli.Training;

namespace Foof.Cli.Reports.Sections;

/// <summary>A run among the settings that reports show.</summary>
/// <param name="Settings">What it was set to.</param>
/// <param name="Curve">How it learnt; null where it diverged.</param>
internal sealed record SettingsRow(TrainingSettings Settings, LearningCurve? Curve);

/// <summary>All settings, with what came of them.</summary>
internal static class SettingsSection
{
    private static readonly string[] Columns =
    [
        .. TrainingSettings.Table.Columns,
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
            .. TrainingSettings.Table.Values(row.Settings).Select(Text),
            last is null ? "diverged" : Say.Number(last.TrainLoss),
            Say.Number(last?.TestLoss),
            Say.Percent(last?.TestAccuracy),
            Say.Number(row.Curve?.Clock.Last()),
            Say.Number(last?.StepMsMedian),
        ];
    }

    // Settings are what the user wrote, to the last digit.
    private static string Text(object? value) =>
        value switch
        {
            null => Say.Nothing,
            int count => Say.Count(count),
            _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
        };
}
