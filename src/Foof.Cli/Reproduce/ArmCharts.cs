using System.Globalization;
using Foof.Cli.Reports;
using Foof.Cli.Reports.Charts;
using Foof.Cli.Reports.Sections;
using Foof.Cli.Training;

namespace Foof.Cli.Reproduce;

/// <summary>The charts and tables of runs.</summary>
internal static class ArmCharts
{
    private static readonly Axis Loss = new("training loss");

    /// <summary>The training loss against epochs, and against seconds if that is asked for; settings and searches.</summary>
    /// <param name="arms">The arms.</param>
    /// <param name="againstSeconds">Whether there is a chart against seconds.</param>
    /// <param name="epoch">The name of a pass: "epoch", or "step" of full batches.</param>
    internal static IReadOnlyList<Figure> Of(
        IReadOnlyList<ArmResult> arms,
        bool againstSeconds = false,
        string epoch = "epoch"
    )
    {
        Figure[] charts = [Against(arms, new(epoch) { IsWhole = true }, point => point.Epoch)];
        if (againstSeconds)
            charts = [Against(arms, new("seconds") { IsFromZero = true }, point => point.Seconds), .. charts];
        return [.. charts, Settings(arms), .. Searches(arms)];
    }

    private static Chart Against(
        IReadOnlyList<ArmResult> arms,
        Axis axis,
        Func<(double Epoch, double Seconds, MeanOfSeeds Value), double> place
    )
    {
        var lines = arms.Select(arm => new Series(
            arm.Arm.Label,
            [
                .. arm.Course(result => result.TrainLoss)
                    .Where(point => double.IsFinite(point.Value.Mean))
                    .Select(point => (place(point), point.Value.Mean)),
            ]
        ));
        Series[] series = [.. lines];
        return new LineChart(
            $"Training loss against {axis.Title}{(axis.IsWhole ? "s" : "")}, mean over seeds",
            axis,
            Loss.FittedTo(series.SelectMany(line => line.Points.Select(point => point.Y))),
            "method",
            series
        )
        {
            IsWide = true,
        }.ToFigure();
    }

    /// <summary>The chosen settings, and the final losses over seeds.</summary>
    private static TableFigure Settings(IReadOnlyList<ArmResult> arms) =>
        new(
            "Chosen settings and final losses",
            new(
                [
                    "method",
                    "learning rate",
                    "damping",
                    "training loss",
                    "test loss",
                    "seconds",
                    "settings tried",
                    "edge",
                ],
                [
                    .. arms.Select(arm =>
                        (IReadOnlyList<string>)
                            [
                                arm.Arm.Label,
                                Text(arm.Grid.Best.LearningRate),
                                arm.Grid.Best.Damping is { } damping ? Text(damping) : Say.Nothing,
                                Claim.Shown(arm),
                                arm.Loss is null
                                    ? Say.Nothing
                                    : $"{MeanOfSeeds.Of(arm.Runs.Select(run => run.Epochs[^1].TestLoss))}",
                                Say.Number(arm.Seconds),
                                $"{arm.Grid.Cells.Count}",
                                arm.Grid.IsComplete ? "no" : "search ended at its limit",
                            ]
                    ),
                ]
            )
        );

    // Diverged settings are shown as such.
    private static IEnumerable<Figure> Searches(IReadOnlyList<ArmResult> arms)
    {
        var section = SensitivitySection.Of([
            .. arms.SelectMany(arm =>
                arm.Grid.Cells.Select(cell => new GridPoint(arm.Arm.Label, cell.LearningRate, cell.Damping, cell.Loss))
            ),
        ]);
        return section?.Figures ?? [];
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
