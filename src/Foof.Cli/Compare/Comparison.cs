using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foof.Cli.Output;
using Foof.Cli.Settings;
using Foof.Cli.Training;
using Spectre.Console;

namespace Foof.Cli.Compare;

/// <summary>All runs of a comparison.</summary>
/// <param name="Runs">The runs in the order of the grid.</param>
internal sealed record Comparison(IReadOnlyList<FinishedRun> Runs)
{
    /// <summary>
    /// Each optimiser's run with the lowest training loss, sorted by it, so that no test image chooses a setting.
    /// Optimisers whose runs all diverged are left out.
    /// </summary>
    internal IReadOnlyList<FinishedRun> Best =>
        [
            .. Runs.Where(run => run.TrainLoss is not null)
                .GroupBy(run => run.Options.Optimizer)
                .Select(runs => runs.MinBy(run => run.TrainLoss)!)
                .OrderBy(run => run.TrainLoss),
        ];

    /// <summary>All runs, each optimiser's together, the best first.</summary>
    internal IReadOnlyList<FinishedRun> Ranked =>
        [
            .. Runs.GroupBy(run => run.Options.Optimizer)
                .OrderBy(runs => runs.Min(run => run.TrainLoss ?? double.MaxValue))
                .SelectMany(runs => runs.OrderBy(run => run.TrainLoss ?? double.MaxValue)),
        ];

    /// <summary>The part in the metrics.</summary>
    internal JsonObject ToJson(double peak) =>
        new()
        {
            ["command"] = "compare",
            ["model"] = Runs is [var first, ..] ? first.Options.Model : null,
            ["parameters"] = Runs is [var one, ..] ? one.Parameters : null,
            ["best"] = new JsonArray([.. Best.Select(run => (JsonNode)run.Options.Optimizer)]),
            ["runs"] = new JsonArray([.. Runs.Select(ToJson)]),
            ["peak_rss_mb"] = peak,
        };

    private static JsonObject ToJson(FinishedRun run) =>
        new()
        {
            ["optimizer"] = run.Options.Optimizer,
            ["learning_rate"] = run.Options.LearningRate,
            ["damping"] = run.Damping,
            ["options"] = SettingTable<TrainingSettings>.ToJson(run.Options),
            ["warm_up_s"] = run.WarmUpSeconds,
            ["epochs"] = JsonSerializer.SerializeToNode(run.Epochs),
            ["failure"] = run.Failure,
            ["machine"] = run.Machine,
        };

    /// <summary>Writes the table of runs, with the best first. Models without classes have no accuracy.</summary>
    internal void Write(IAnsiConsole console)
    {
        var classifies = Runs.Any(run => run.Epochs.Any(epoch => epoch.TestAccuracy is not null));
        string[] titles = ["optimiser", "learning rate", "damping", "train loss", "test loss"];
        string[] more = classifies ? ["test accuracy"] : [];
        console.Write(
            Tables.Fitting(
                console.Profile.Width,
                [.. titles, .. more, "seconds", "ms/step"],
                ["ms/step", "test loss", "seconds", "test accuracy", "damping", "learning rate"],
                [.. Ranked.Select(run => (string[])[.. Cells(run, classifies)])]
            )
        );
    }

    private static IEnumerable<string> Cells(FinishedRun run, bool classifies)
    {
        yield return run.Options.Optimizer;
        yield return run.Options.LearningRate.ToString(CultureInfo.InvariantCulture);
        yield return run.Damping?.ToString(CultureInfo.InvariantCulture) ?? "";
        if (run.Failure is not null)
        {
            yield return "diverged";
            yield break;
        }
        var last = run.Epochs[^1];
        yield return Tables.Loss(last.TrainLoss);
        yield return Tables.Loss(last.TestLoss);
        if (classifies)
            yield return $"{last.TestAccuracy:F4}";
        yield return $"{run.WarmUpSeconds + run.Epochs.Sum(epoch => epoch.Seconds):F1}";
        yield return $"{last.StepMsMedian:F2}";
    }
}
