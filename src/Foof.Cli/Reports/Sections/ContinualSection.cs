using System.Globalization;
using Foof.Cli.Reports.Charts;

namespace Foof.Cli.Reports.Sections;

/// <summary>The results of one way of learning task after task.</summary>
/// <param name="Name">Its name, such as "fine-tuning".</param>
/// <param name="Accuracy">Test accuracy: a row after each task, a column for each task.</param>
/// <param name="Forgetting">How far earlier tasks fell from their best (Chaudhry et al. 2018).</param>
/// <param name="Bytes">The memory for earlier tasks.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record ContinualOutcome(string Name, double[][] Accuracy, double Forgetting, long Bytes, double Seconds)
{
    /// <summary>The strength of its penalty; null if it has none.</summary>
    internal double? Strength { get; init; }

    /// <summary>The strengths that were tried, with the mean accuracy on validation images.</summary>
    internal IReadOnlyList<(double Strength, double Accuracy)> Tried { get; init; } = [];

    /// <summary>The mean accuracy and the forgetting of each seed; empty: there was one.</summary>
    internal IReadOnlyList<(double Average, double Forgetting)> Seeds { get; init; } = [];

    /// <summary>The mean accuracy of all tasks after the last one.</summary>
    internal double Average => Accuracy[^1].Average();

    /// <summary>After each task, the mean accuracy of the tasks learnt so far.</summary>
    internal IEnumerable<double> SoFar => Accuracy.Select((row, after) => row[..(after + 1)].Average());
}

/// <summary>The section about accuracy and forgetting.</summary>
internal static class ContinualSection
{
    /// <summary>The section about several ways, of which the best one stands out.</summary>
    internal static ReportSection Of(IReadOnlyList<ContinualOutcome> outcomes)
    {
        ContinualOutcome[] sorted = [.. outcomes.OrderByDescending(outcome => outcome.Average)];
        return new(
            "Tasks one after the other",
            Lead(sorted),
            [
                Course(sorted),
                Table(sorted),
                .. Strengths(sorted),
                .. sorted.Select(outcome => Matrix(outcome, Ends(sorted))),
            ]
        );
    }

    private static string Lead(ContinualOutcome[] sorted)
    {
        var (best, worst) = (sorted[0], sorted[^1]);
        var text =
            $"After {Say.Many(best.Accuracy.Length, "task")}, {best.Name} is right in "
            + $"{Say.Percent(best.Average)} of all "
            + $"tasks' test images and has forgotten {Say.Percent(best.Forgetting)}";
        return sorted.Length == 1
            ? $"{text}."
            : $"{text}; {worst.Name}, the last of {sorted.Length}, is right in {Say.Percent(worst.Average)}.";
    }

    private static Chart Course(ContinualOutcome[] outcomes) =>
        new LineChart(
            "Mean accuracy of the tasks learnt so far",
            new("tasks learnt") { IsWhole = true },
            new("mean test accuracy") { IsShare = true },
            "method",
            [
                .. outcomes.Select(outcome => new Series(
                    outcome.Name,
                    [.. outcome.SoFar.Select((accuracy, after) => (after + 1.0, accuracy))]
                )),
            ]
        )
        {
            IsWide = true,
        }.ToFigure();

    private static TableFigure Table(ContinualOutcome[] outcomes) =>
        new(
            "After the last task",
            new(
                ["method", "strength", "mean accuracy", "forgetting", "memory, MB", "seconds"],
                [
                    .. outcomes.Select(outcome =>
                        (IReadOnlyList<string>)
                            [
                                outcome.Name,
                                Exact(outcome.Strength),
                                Spread(outcome.Average, [.. outcome.Seeds.Select(seed => seed.Average)]),
                                Spread(outcome.Forgetting, [.. outcome.Seeds.Select(seed => seed.Forgetting)]),
                                Say.Megabytes(outcome.Bytes),
                                Say.Number(outcome.Seconds),
                            ]
                    ),
                ],
                Marked: 0
            )
        );

    // A share with its standard deviation over the seeds.
    private static string Spread(double mean, double[] seeds)
    {
        if (seeds.Length < 2)
            return Say.Percent(mean);
        var middle = seeds.Average();
        var deviation = Math.Sqrt(seeds.Sum(seed => (seed - middle) * (seed - middle)) / (seeds.Length - 1));
        return Say.Spread(Say.Percent(mean), Say.Percent(deviation));
    }

    private static IEnumerable<TableFigure> Strengths(ContinualOutcome[] outcomes)
    {
        ContinualOutcome[] chosen = [.. outcomes.Where(outcome => outcome.Tried.Count > 1)];
        if (chosen.Length == 0)
            yield break;
        yield return new(
            "Mean accuracy on validation images by strength, with the first seed",
            new(
                ["method", "strength", "validation accuracy", "chosen"],
                [
                    .. chosen.SelectMany(outcome =>
                        outcome.Tried.Select(tried =>
                            (IReadOnlyList<string>)
                                [
                                    outcome.Name,
                                    Exact(tried.Strength),
                                    Say.Percent(tried.Accuracy),
                                    tried.Strength == outcome.Strength ? "chosen" : "",
                                ]
                        )
                    ),
                ]
            )
        );
    }

    private static string Exact(double? value) => value?.ToString(CultureInfo.InvariantCulture) ?? Say.Nothing;

    // All maps share one scale, so that a shade always means the same accuracy.
    private static (double, double) Ends(ContinualOutcome[] outcomes)
    {
        var all = outcomes
            .SelectMany(outcome => outcome.Accuracy.SelectMany((row, after) => Learnt(row, after)))
            .OfType<double>()
            .ToArray();
        return (all.Min(), all.Max());
    }

    private static Chart Matrix(ContinualOutcome outcome, (double, double) ends) =>
        new HeatMap(
            $"Accuracy of {outcome.Name}",
            ("task", Numbers(outcome.Accuracy[0].Length)),
            ("after task", Numbers(outcome.Accuracy.Length)),
            "test accuracy",
            [.. outcome.Accuracy.Select(Learnt)]
        )
        {
            Missing = Say.Nothing,
            Ends = ends,
            Write = Say.Percent,
        }.ToFigure();

    // Accuracies of tasks that are not learnt yet are left out, since they are luck.
    private static IReadOnlyList<double?> Learnt(double[] row, int after) =>
        [.. row.Select((value, task) => task <= after ? value : (double?)null)];

    private static string[] Numbers(int count) =>
        [.. Enumerable.Range(1, count).Select(place => place.ToString(CultureInfo.InvariantCulture))];
}
