using System.Globalization;
using Foof.Cli.Reports.Charts;

namespace Foof.Cli.Reports.Sections;

/// <summary>A run in a grid of settings.</summary>
/// <param name="Optimizer">The optimiser's name.</param>
/// <param name="LearningRate">The size of its steps.</param>
/// <param name="Damping">Its damping; null if it has none.</param>
/// <param name="Loss">The final training loss; null if it diverged.</param>
internal sealed record GridPoint(string Optimizer, double LearningRate, double? Damping, double? Loss);

/// <summary>The section about the effect of the learning rate and the damping.</summary>
internal static class SensitivitySection
{
    private const string Loss = "training loss";

    /// <summary>The section about the runs of a grid; null if there is nothing to compare.</summary>
    internal static ReportSection? Of(IReadOnlyList<GridPoint> grid)
    {
        grid =
        [
            .. grid.Select(point =>
                point.Loss is { } loss && !double.IsFinite(loss) ? point with { Loss = null } : point
            ),
        ];
        string[] names = [.. grid.Select(point => point.Optimizer).Distinct()];
        var lines = names.Select(name => Line(name, grid)).Where(line => Rates(line).Length > 1).ToArray();
        var maps = names
            .Select(name => grid.Where(point => point.Optimizer == name).ToArray())
            .Where(points => points.Select(point => point.Damping).Distinct().Count() > 1)
            .ToArray();
        return lines.Length + maps.Length == 0
            ? null
            : new(
                "Learning rate and damping",
                Lead(grid),
                [.. lines.Length > 0 ? [Rates(lines)] : Array.Empty<Chart>(), .. maps.Select(Map)]
            );
    }

    private static string Lead(IReadOnlyList<GridPoint> grid)
    {
        var spreads = grid.GroupBy(point => point.Optimizer)
            .Select(points => Spread(points.Key, [.. points.Select(point => point.Loss).OfType<double>()]));
        var lost = grid.Count(point => point.Loss is null);
        return $"Over the grid, {string.Join("; ", spreads)}."
            + (
                lost > 0
                    ? $" {Say.Many(lost, "run")} of {grid.Count} diverged and "
                        + $"{(lost == 1 ? "has" : "have")} no loss."
                    : ""
            );
    }

    private static string Spread(string name, double[] losses) =>
        losses.Length switch
        {
            0 => $"{name} diverged in every run",
            1 => $"{name} has one training loss, {Say.Number(losses[0])}",
            _ => $"{name}'s training loss lies between {Say.Number(losses.Min())} and {Say.Number(losses.Max())}",
        };

    // The run at the best damping for each learning rate of an optimiser.
    private static GridPoint[] Line(string name, IReadOnlyList<GridPoint> grid) =>
        [
            .. grid.Where(point => point.Optimizer == name)
                .GroupBy(point => point.LearningRate)
                .OrderBy(points => points.Key)
                .Select(points => points.MinBy(point => point.Loss ?? double.MaxValue)!),
        ];

    private static double[] Rates(GridPoint[] line) => [.. line.Select(point => point.LearningRate)];

    private static Chart Rates(GridPoint[][] lines) =>
        new LineChart(
            "Training loss against the learning rate, each at its best damping",
            new("learning rate") { IsLogarithmic = true },
            new Axis(Loss).FittedTo(lines.SelectMany(line => line.Select(point => point.Loss)).OfType<double>()),
            "optimiser",
            [
                .. lines.Select(line => new Series(
                    line[0].Optimizer,
                    [
                        .. line.Where(point => point.Loss is not null)
                            .Select(point => (point.LearningRate, point.Loss!.Value)),
                    ]
                )),
            ]
        )
        {
            Finding = string.Join(" ", lines.Select(Best)),
        }.ToFigure();

    private static string Best(GridPoint[] line)
    {
        var best = line.MinBy(point => point.Loss ?? double.MaxValue)!;
        return best.Loss is null
            ? $"{best.Optimizer} diverged at every learning rate."
            : $"{best.Optimizer} is lowest, {Say.Number(best.Loss)}, at learning rate " + $"{Text(best.LearningRate)}.";
    }

    private static Chart Map(GridPoint[] points)
    {
        double[] rates = [.. points.Select(point => point.LearningRate).Distinct().Order()];
        double?[] dampings = [.. points.Select(point => point.Damping).Distinct().Order()];
        var losses = points.ToDictionary(point => (point.LearningRate, point.Damping ?? 0), point => point.Loss);
        return new HeatMap(
            $"Training loss of {points[0].Optimizer} over learning rates and dampings",
            ("learning rate", [.. rates.Select(Text)]),
            ("damping", [.. dampings.Select(damping => Text(damping ?? 0))]),
            Loss,
            [
                .. dampings.Select(damping =>
                    (IReadOnlyList<double?>)[.. rates.Select(rate => losses.GetValueOrDefault((rate, damping ?? 0)))]
                ),
            ]
        )
        {
            IsLessBetter = true,
            Missing = "diverged",
            // A search does not try every cell.
            MissingAt = (row, column) => losses.ContainsKey((rates[column], dampings[row] ?? 0)) ? null : Say.Nothing,
        }.ToFigure();
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
