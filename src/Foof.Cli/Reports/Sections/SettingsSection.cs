using System.Globalization;
using Foof.Cli.Training;

namespace Foof.Cli.Reports.Sections;

/// <summary>A run in the table of settings.</summary>
/// <param name="Settings">Its settings.</param>
/// <param name="Curve">Its learning curve; null if it diverged.</param>
internal sealed record SettingsRow(TrainingSettings Settings, LearningCurve? Curve);

/// <summary>The section about settings and their results.</summary>
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

    /// <summary>The section about one or several runs. If there are several, the first one stands out.</summary>
    internal static ReportSection Of(IReadOnlyList<SettingsRow> rows) =>
        new(
            "Settings",
            "T is the number of steps between inversions, S the number of steps with statistics before each. "
                + "A dash marks a setting that the optimiser does not have.",
            [
                new TableFigure(
                    rows.Count == 1 ? "The run" : "All runs",
                    new(Columns, [.. rows.Select(Cells)], rows.Count > 1 ? 0 : null)
                ),
            ]
        );

    private static IReadOnlyList<string> Cells(SettingsRow row)
    {
        var last = row.Curve?.Epochs.LastOrDefault(epoch => double.IsFinite(epoch.TrainLoss));
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

    // Settings keep all digits that the user wrote.
    private static string Text(object? value) =>
        value switch
        {
            null => Say.Nothing,
            int count => Say.Count(count),
            _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
        };
}
