using Foof.Cli.Training;

namespace Foof.Cli.Compare;

/// <summary>A comparison as it was asked for; null where nothing was said.</summary>
/// <param name="Request">What all runs have in common.</param>
/// <param name="Optimizers">Whom to compare.</param>
/// <param name="LearningRates">The sizes of a step to try; null: each method's own.</param>
/// <param name="Dampings">The dampings to try, of those that have one; null: each method's own.</param>
/// <param name="Out">Where finished runs are kept.</param>
/// <param name="Metrics">The file for the numbers.</param>
/// <param name="Report">The file for the page.</param>
internal sealed record ComparePlan(
    TrainingRequest Request,
    string[]? Optimizers,
    double[]? LearningRates,
    double[]? Dampings,
    string? Out,
    string? Metrics,
    string? Report
)
{
    /// <summary>Who is compared where nobody is named.</summary>
    internal static IReadOnlyList<string> DefaultOptimizers { get; } = ["foof", "kfac", "adam", "sgd"];

    /// <summary>Every run: optimisers, then learning rates, then dampings.</summary>
    /// <exception cref="CommandFailure">Settings contradict each other.</exception>
    internal IReadOnlyList<TrainingOptions> Grid() =>
        [
            .. from name in Optimizers ?? DefaultOptimizers
            let kind = OptimizerCatalogue.Find(name)
            from rate in LearningRates ?? [kind.LearningRate]
            from damping in kind.HasCurvature && Dampings is not null ? Dampings : [kind.Damping]
            select (Request with { Optimizer = name, LearningRate = rate, Damping = damping }).Resolve(),
        ];
}
