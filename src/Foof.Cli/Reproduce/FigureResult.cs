using System.Text.Json;
using System.Text.Json.Nodes;
using Foof.Cli.Reports;

namespace Foof.Cli.Reproduce;

/// <summary>A figure of a paper that can be made again.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Title">What it shows.</param>
/// <param name="Source">Where it stands.</param>
/// <param name="Make">Makes it.</param>
internal sealed record PaperFigure(string Name, string Title, string Source, Func<Laboratory, Findings> Make)
{
    /// <summary>Whether it is made of images.</summary>
    internal bool NeedsImages { get; init; } = true;
}

/// <summary>What was found for a figure.</summary>
/// <param name="Claims">The paper's claims beside what was measured.</param>
/// <param name="Charts">What to look at.</param>
/// <param name="Numbers">All numbers.</param>
/// <param name="Notes">How this experiment differs from the paper's, in sentences; it may be empty.</param>
internal sealed record Findings(
    IReadOnlyList<Claim> Claims,
    IReadOnlyList<Figure> Charts,
    JsonObject Numbers,
    string Notes = ""
)
{
    /// <summary>The claims, those that do not hold first.</summary>
    internal IEnumerable<Claim> Ordered => Claims.OrderBy(claim => claim.Verdict);
}

/// <summary>A figure with its findings, or with the reason why it has none.</summary>
/// <param name="Figure">The figure.</param>
/// <param name="Findings">What was found; null if it could not be made.</param>
/// <param name="Failure">Why it could not be made; null if it was.</param>
/// <param name="Seconds">How long it took, runs of earlier commands left out.</param>
internal sealed record FigureResult(PaperFigure Figure, Findings? Findings, string? Failure, double Seconds)
{
    /// <summary>The file of its numbers and its page, without an ending.</summary>
    internal string FileName => Figure.Name;

    /// <summary>The figure in JSON.</summary>
    internal JsonObject ToJson(string protocol) =>
        new()
        {
            ["figure"] = Figure.Name,
            ["title"] = Figure.Title,
            ["source"] = Figure.Source,
            ["protocol"] = protocol,
            ["claims"] = new JsonArray([.. Findings?.Ordered.Select(claim => claim.ToJson()) ?? []]),
            ["numbers"] = Findings?.Numbers.DeepClone(),
            ["failure"] = Failure,
            ["notes"] = Findings?.Notes,
            ["seconds"] = Seconds,
        };

    /// <summary>Arms in JSON: settings, grids, and the epochs of every seed.</summary>
    internal static JsonObject Arms(IEnumerable<ArmResult> arms) =>
        new() { ["arms"] = new JsonArray([.. arms.Select(Arm)]) };

    private static JsonObject Arm(ArmResult result) =>
        new()
        {
            ["label"] = result.Arm.Label,
            ["optimizer"] = result.Arm.Optimizer,
            ["learning_rate"] = result.Grid.Best.LearningRate,
            ["damping"] = result.Grid.Best.Damping,
            ["train_loss"] = result.Loss?.Mean,
            ["deviation"] = result.Loss?.Deviation,
            ["seconds"] = result.Seconds,
            ["search_complete"] = result.Grid.IsComplete,
            ["grid"] = JsonSerializer.SerializeToNode(result.Grid.Cells),
            ["runs"] = new JsonArray([
                .. result.Runs.Select(run => new JsonObject
                {
                    ["seed"] = run.Options.Seed,
                    ["failure"] = run.Failure,
                    ["machine"] = run.Machine,
                    ["epochs"] = JsonSerializer.SerializeToNode(run.Epochs),
                }),
            ]),
        };
}
