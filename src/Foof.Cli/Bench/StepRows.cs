using Foof.Cli.Models;
using Foof.Cli.Training;

namespace Foof.Cli.Bench;

/// <summary>The rows of <c>bench step</c>.</summary>
internal static class StepRows
{
    private const int StatisticsSteps = 10;
    private const int LargeBatch = 1000;

    /// <summary>The rows whose names begin with a given name, and the SGD rows beside them.</summary>
    /// <param name="model">The network.</param>
    /// <param name="names">The names, separated by commas; null means all rows.</param>
    internal static StepRow[] Of(StepModel model, string? names)
    {
        var all = Of(model);
        if (names is null)
            return all;
        var wanted = names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var name in wanted)
            if (!Named(all, name).Any())
                throw new CommandFailure(
                    $"--rows must name rows of this network: {string.Join(", ", all.Select(row => $"'{row.Name}'"))}; got '{name}'.",
                    ExitCode.Usage
                );
        var chosen = wanted.SelectMany(name => Named(all, name)).ToHashSet();
        var baselines = chosen.Select(row => row.Baseline).Append(StepRow.Sgd).ToHashSet();
        return [.. all.Where(row => baselines.Contains(row.Name) || chosen.Contains(row))];
    }

    // A complete name means only that row, even if longer names begin with it.
    private static IEnumerable<StepRow> Named(StepRow[] all, string name) =>
        all.Where(row => row.Name == name) is var exact && exact.Any()
            ? exact
            : all.Where(row => row.Name.StartsWith(name, StringComparison.Ordinal));

    // For a large network, only the rows that the paper amortises.
    private static StepRow[] Of(StepModel model) =>
        model.IsLarge
            ?
            [
                Plain("sgd"),
                Plain("adam"),
                Amortised("foof", model.Period),
                BFloat16("foof", model.Period),
                Amortised("kfac", model.Period),
                BFloat16("kfac", model.Period),
            ]
            :
            [
                Plain("sgd"),
                Whole(HandWrittenSgd.Kind),
                Plain("adam"),
                Plain("adamw"),
                Amortised("foof", model.Period),
                Amortised("foof", model.Period) with
                {
                    Name = $"foof T={model.Period} S={StatisticsSteps} facade",
                    Optimizer = FacadeFoof.Kind,
                },
                BFloat16("foof", model.Period),
                Amortised("foof", model.Period) with
                {
                    Name = $"foof T={model.Period} S={StatisticsSteps} background",
                    Optimizer = InBackground(Optimizer("foof")),
                },
                new("foof T=100", Optimizer("foof"), model.Period, model.Period),
                EveryStep("foof"),
                Amortised("kfac", model.Period),
                EveryStep("kfac"),
                Amortised("kfac-reduce", model.Period),
                EveryStep("kfac-reduce"),
                Amortised("kfac-standard", model.Period),
                Amortised("ekfac", model.Period),
                EveryStep("natural"),
                EveryStep("natural-blocks"),
                EveryStep("eva"),
                EveryStep("mfac"),
                new("shampoo T=20", Optimizer("shampoo"), 20, 20),
                Plain("sgd") with
                {
                    Name = StepRow.BaselineOf(LargeBatch),
                    BatchSize = LargeBatch,
                },
                EveryStep("natural") with
                {
                    Name = $"natural T=1 B={LargeBatch}",
                    BatchSize = LargeBatch,
                },
            ];

    private static OptimizerKind Optimizer(string name) => OptimizerKind.Find(name);

    private static OptimizerKind InBFloat16(OptimizerKind kind) =>
        kind with
        {
            Method = kind.Method!.WithBFloat16Products(),
        };

    // The delay is so long that the inverse is ready when it is needed.
    private static OptimizerKind InBackground(OptimizerKind kind) =>
        kind with
        {
            Method = kind.Method!.WithInverseDelay(StatisticsSteps),
        };

    private static StepRow Plain(string name) => Whole(Optimizer(name));

    private static StepRow Whole(OptimizerKind kind) => new(kind.Name, kind, 1, 1);

    private static StepRow EveryStep(string name) => new($"{name} T=1", Optimizer(name), 1, 1);

    private static StepRow BFloat16(string name, int period)
    {
        var plain = Amortised(name, period);
        return plain with { Name = $"{plain.Name} bf16", Optimizer = InBFloat16(plain.Optimizer) };
    }

    private static StepRow Amortised(string name, int period) =>
        new($"{name} T={period} S={StatisticsSteps}", Optimizer(name), period, StatisticsSteps);
}

/// <summary>A row of <c>bench step</c>: an optimiser with its period.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Optimizer">The optimiser.</param>
/// <param name="Period">T: after how many steps its work repeats; 1 if all steps are alike.</param>
/// <param name="StatisticsSteps">S: in how many of them statistics are taken.</param>
internal sealed record StepRow(string Name, OptimizerKind Optimizer, int Period, int StatisticsSteps)
{
    // With such small steps, no network diverges on random labels.
    private const double LearningRate = 1e-4;

    /// <summary>The data points of a step; null if the settings decide them.</summary>
    internal int? BatchSize { get; init; }

    /// <summary>The row of SGD with as many data points, whose cost divides this row's cost.</summary>
    internal string Baseline => BatchSize is { } size ? BaselineOf(size) : Sgd;

    /// <summary>The name of torch's own SGD.</summary>
    internal const string Sgd = "sgd";

    /// <summary>The name of SGD with batches of another size.</summary>
    internal static string BaselineOf(int batchSize) => $"{Sgd} B={batchSize}";

    /// <summary>The settings of its learner.</summary>
    internal TrainingSettings Options(StepSettings settings) =>
        new()
        {
            Data = "random",
            Model = settings.Model.Kind.Name,
            Optimizer = Optimizer.Name,
            Epochs = 1,
            BatchSize = BatchSize ?? settings.BatchSize,
            LearningRate = LearningRate,
            Damping = Optimizer.Recipe.Damping,
            Momentum = 0,
            WeightDecay = 0,
            InvertEvery = StepsOfPeriod(settings.Steps),
            StatisticsSteps = Math.Min(StatisticsSteps, StepsOfPeriod(settings.Steps)),
            Subset = null,
            Seed = 1,
            Threads = settings.Threads,
        };

    /// <summary>
    /// How many steps of the period are run: all, or some plain ones and those with statistics and inversion.
    /// </summary>
    internal int StepsOfPeriod(int most) => Math.Min(Period, Math.Max(most, 2 * StatisticsSteps));
}
