using Foof.Cli.Models;
using Foof.Cli.Training;

namespace Foof.Cli.Bench;

/// <summary>A row of <c>bench step</c>: an optimiser with its period.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Optimizer">The optimiser, as <c>train</c> has it.</param>
/// <param name="Period">T: after how many steps its work repeats; 1 where every step does the same.</param>
/// <param name="StatisticsSteps">S: in how many of them statistics are taken.</param>
internal sealed record StepRow(string Name, OptimizerKind Optimizer, int Period, int StatisticsSteps)
{
    // A step small enough that no network runs away on labels that are random.
    private const double LearningRate = 1e-4;

    /// <summary>How many data points a step sees; null: as many as the command says.</summary>
    internal int? BatchSize { get; init; }

    /// <summary>The row that its cost is divided by: SGD with as many data points.</summary>
    internal string Baseline => BatchSize is { } size ? BaselineOf(size) : Sgd;

    /// <summary>The name of torch's own SGD.</summary>
    internal const string Sgd = "sgd";

    /// <summary>The name of SGD with batches of a size of their own.</summary>
    internal static string BaselineOf(int batchSize) => $"{Sgd} B={batchSize}";

    /// <summary>What its learner is made with, where at most so many steps of a period are run.</summary>
    internal TrainingOptions Options(StepSettings settings) =>
        new()
        {
            Data = "random",
            Model = settings.Model.Kind.Name,
            Optimizer = Optimizer.Name,
            Epochs = 1,
            BatchSize = BatchSize ?? settings.BatchSize,
            LearningRate = LearningRate,
            Damping = Optimizer.Damping,
            Momentum = 0,
            WeightDecay = 0,
            InvertEvery = StepsOfPeriod(settings.MostSteps),
            StatisticsSteps = Math.Min(StatisticsSteps, StepsOfPeriod(settings.MostSteps)),
            Subset = null,
            Seed = 1,
            Threads = settings.Threads,
        };

    /// <summary>
    /// How many steps of the period are run: all, or those with statistics, the inversion, and plain ones.
    /// </summary>
    internal int StepsOfPeriod(int most) => Math.Min(Period, Math.Max(most, 2 * StatisticsSteps));
}
