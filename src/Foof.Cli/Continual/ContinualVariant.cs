using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Continual;

/// <summary>One way to learn task after task.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Title">Its name in the table.</param>
/// <param name="Grid">The strengths to choose from.</param>
/// <param name="Points">The number of data points in a task's Fisher.</param>
/// <param name="Make">Makes the penalty of a strength for a model; null if the variant has no penalty.</param>
/// <param name="IsUsual">Whether it runs if the user names no variants.</param>
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

    /// <summary>The names of the variants that run if the user names none.</summary>
    internal static IReadOnlyList<string> UsualNames =>
        [.. All.Where(variant => variant.IsUsual).Select(variant => variant.Name)];

    private const int FisherPoints = 2000;
    private const int MonteCarloPoints = 1000;
    private const int FullPoints = 500;

    // Compression decomposes the Gram matrix of ten columns per point, at a cost that grows with their cube.
    private const int CompressedPoints = 200;

    /// <summary>How many directions <c>full-compressed</c> keeps for all tasks.</summary>
    internal const int CompressedColumns = 50;

    private const CurvatureStructure Diagonal = CurvatureStructure.Diagonal;
    private const CurvatureStructure FullFisher = CurvatureStructure.LowRank;
    private const ContinualTasks Separate = ContinualTasks.Separate;
    private static readonly double[] Strong = [3, 10, 30, 100];
    private static readonly double[] Weak = [1, 3, 10, 30];

    /// <summary>All variants; the usual ones are the table in docs/learning-without-forgetting.md.</summary>
    internal static IReadOnlyList<ContinualVariant> All { get; } =
    [
        new("plain", "no penalty", [0], 0, (_, _) => null),
        Elastic("diagonal", "diagonal, a penalty a task", Strong, new() { Structure = Diagonal, Tasks = Separate }),
        Elastic(
            "diagonal-summed",
            "diagonal, the tasks' penalties summed",
            Strong,
            new() { Structure = Diagonal, Tasks = ContinualTasks.Summed }
        ) with
        {
            IsUsual = false,
        },
        new(
            "si",
            "synaptic intelligence",
            [0.1, 0.3, 1, 3],
            0,
            (model, strength) => new SynapticIntelligence(model, strength)
        ),
        Elastic("diagonal-online", "diagonal, online, recentred", Weak, new() { Structure = Diagonal }),
        Elastic(
            "full-mc",
            "full Fisher, a sampled label a point",
            Weak,
            new()
            {
                Structure = FullFisher,
                Tasks = Separate,
                FisherType = FisherType.MonteCarlo,
            },
            MonteCarloPoints
        ),
        Elastic(
            "full",
            "full Fisher, all labels",
            Weak,
            new() { Structure = FullFisher, Tasks = Separate },
            FullPoints
        ),
        Elastic(
            "full-compressed",
            $"full Fisher, all labels, {CompressedColumns} directions over all tasks",
            Weak,
            new() { Structure = FullFisher, ColumnBudget = CompressedColumns },
            CompressedPoints
        ) with
        {
            IsUsual = false,
        },
        Elastic("kronecker", "Kronecker, a penalty a task", Weak, new() { Tasks = Separate }),
        Elastic("kronecker-merged", "Kronecker, merged", Weak, new()),
    ];

    /// <summary>The variants with the given names, in the order of the table.</summary>
    /// <exception cref="CommandFailure">A name is unknown.</exception>
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
        ContinualOptions options,
        int points = FisherPoints
    ) =>
        new(
            name,
            title,
            grid,
            points,
            (model, strength) =>
                new ElasticWeightConsolidation(model, Loss.CrossEntropy, options with { Strength = strength })
        );
}
