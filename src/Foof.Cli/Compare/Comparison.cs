using System.Text.Json;
using System.Text.Json.Nodes;
using Foof.Cli.Training;

namespace Foof.Cli.Compare;

/// <summary>All runs of a comparison.</summary>
/// <param name="Runs">In the order of the grid.</param>
internal sealed record Comparison(IReadOnlyList<FinishedRun> Runs)
{
    private static readonly JsonSerializerOptions Names = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <summary>
    /// Each optimiser's run with the lowest training loss, the lowest first: no test image chooses a setting.
    /// Optimisers that diverged everywhere are not among them.
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

    /// <summary>What <c>--metrics</c> says of it.</summary>
    internal JsonObject ToJson(double peak) =>
        new()
        {
            ["command"] = "compare",
            ["model"] = Runs[0].Options.Model,
            ["parameters"] = Runs[0].Parameters,
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
            ["options"] = JsonSerializer.SerializeToNode(run.Options, Names),
            ["warm_up_s"] = run.WarmUpSeconds,
            ["epochs"] = JsonSerializer.SerializeToNode(run.Epochs),
            ["failure"] = run.Failure,
            ["machine"] = run.Machine,
        };
}
