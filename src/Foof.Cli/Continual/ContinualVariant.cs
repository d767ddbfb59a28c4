using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Continual;

/// <summary>One way to learn task after task.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Title">Its name in the table.</param>
/// <param name="Grid">The strengths to choose from.</param>
/// <param name="Points">How many data points a task's Fisher is taken over.</param>
/// <param name="Make">The penalty for a model, by its strength; null: there is none.</param>
/// <param name="IsUsual">Whether it runs where no variants are named.</param>
internal sealed record ContinualVariant(
    string Name,
    string Title,
    double[] Grid,
    int Points,
    Func<nn.Module<Tensor, Tensor>, double, Consolidator?> Make,
    bool IsUsual = true
)
{
    /// <summary>The names of all variants, the baselines first.</summary>
    internal static IReadOnlyList<string> Names => [.. All.Select(variant => variant.Name)];

    /// <summary>Those that run where none are named.</summary>
    internal static IReadOnlyList<string> UsualNames =>
        [.. All.Where(variant => variant.IsUsual).Select(variant => variant.Name)];

    private const int FisherPoints = 2000;
    private const int MonteCarloPoints = 1000;
    private const int FullPoints = 500;

    // A compression decomposes the Gram matrix of a task's columns, ten a point, and costs their number's cube.
    private const int CompressedPoints = 200;

    /// <summary>The directions of <c>full-compressed</c> over all tasks.</summary>
    internal const int CompressedColumns = 50;

    /// <summary>All variants; the usual ones are the table in docs/learning-without-forgetting.md.</summary>
    internal static IReadOnlyList<ContinualVariant> All { get; } =
    [
        new("plain", "no penalty", [0], 0, (_, _) => null),
        Elastic(
            "diagonal",
            "diagonal, a penalty a task",
            [3, 10, 30, 100],
            FisherPoints,
            new() { Structure = ContinualStructure.Diagonal, Tasks = ContinualTasks.Separate }
        ),
        Elastic(
            "diagonal-summed",
            "diagonal, the tasks' penalties summed",
            [3, 10, 30, 100],
            FisherPoints,
            new() { Structure = ContinualStructure.Diagonal, Tasks = ContinualTasks.Summed },
            isUsual: false
        ),
        new(
            "si",
            "synaptic intelligence",
            [0.1, 0.3, 1, 3],
            0,
            (model, strength) => new SynapticConsolidation(model, strength)
        ),
        Elastic(
            "diagonal-online",
            "diagonal, online, recentred",
            [1, 3, 10, 30],
            FisherPoints,
            new() { Structure = ContinualStructure.Diagonal }
        ),
        Elastic(
            "full-mc",
            "full Fisher, a sampled label a point",
            [1, 3, 10, 30],
            MonteCarloPoints,
            new()
            {
                Structure = ContinualStructure.FullFisher,
                Tasks = ContinualTasks.Separate,
                Labels = FisherLabels.Sampled,
            }
        ),
        Elastic(
            "full",
            "full Fisher, all labels",
            [1, 3, 10, 30],
            FullPoints,
            new() { Structure = ContinualStructure.FullFisher, Tasks = ContinualTasks.Separate }
        ),
        Elastic(
            "full-compressed",
            $"full Fisher, all labels, {CompressedColumns} directions over all tasks",
            [1, 3, 10, 30],
            CompressedPoints,
            new() { Structure = ContinualStructure.FullFisher, ColumnBudget = CompressedColumns },
            isUsual: false
        ),
        Elastic(
            "kronecker",
            "Kronecker, a penalty a task",
            [1, 3, 10, 30],
            FisherPoints,
            new() { Tasks = ContinualTasks.Separate }
        ),
        Elastic("kronecker-merged", "Kronecker, merged", [1, 3, 10, 30], FisherPoints, new()),
    ];

    /// <summary>The variants of a list of names, in the table's order.</summary>
    /// <exception cref="CommandFailure">There is none of a name.</exception>
    internal static IReadOnlyList<ContinualVariant> Find(IReadOnlyCollection<string> names)
    {
        foreach (var name in names)
            if (!Names.Contains(name))
                throw new CommandFailure(
                    $"--variants must be among {string.Join(", ", Names)}; got '{name}'"
                        + $"{Commands.Suggestion.Hint(name, Names)}.",
                    ExitCode.Usage
                );
        return [.. All.Where(variant => names.Contains(variant.Name))];
    }

    private static ContinualVariant Elastic(
        string name,
        string title,
        double[] grid,
        int points,
        ContinualOptions options,
        bool isUsual = true
    ) =>
        new(
            name,
            title,
            grid,
            points,
            (model, strength) =>
                new ElasticWeightConsolidation(
                    model,
                    Loss.CrossEntropy,
                    options with
                    {
                        Strength = strength,
                    }
                ),
            isUsual
        );
}
