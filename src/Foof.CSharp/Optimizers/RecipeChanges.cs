namespace Foof;

/// <summary>A method with some of its settings changed; those that are not given stay.</summary>
internal static class RecipeChanges
{
    internal static Recipe With(
        this Recipe recipe,
        double? damping = null,
        Damping? rule = null,
        Memory? memory = null,
        Cadence? cadence = null,
        Trust? trust = null
    ) =>
        new(
            recipe.Name,
            recipe.Curvature,
            recipe.Fisher,
            recipe.IndependentBatches,
            damping ?? recipe.Damping,
            rule ?? recipe.Rule,
            recipe.Adaptive,
            recipe.StatisticsShare,
            recipe.PatchBytes,
            recipe.Power,
            memory ?? recipe.Memory,
            cadence ?? recipe.Cadence,
            recipe.Trigger,
            recipe.Inversions,
            recipe.Attempts,
            recipe.OnFailure,
            recipe.ProductType,
            trust ?? recipe.Trust,
            recipe.Momentum
        );

    /// <summary>A method with a moving average, S and T, after checks of all of them.</summary>
    internal static Recipe Averaged(
        this Recipe recipe,
        double damping,
        double movingAverage,
        int invertEvery,
        int? statisticsSteps,
        int warmUpBatches
    ) =>
        recipe.With(
            Argument.Positive(damping),
            memory: Memory.NewMovingAverage(Argument.Fraction(movingAverage)),
            cadence: Cadenced(invertEvery, statisticsSteps, warmUpBatches)
        );

    /// <summary>The method with ways to spend less time, if there are any.</summary>
    internal static Recipe Faster(this Recipe recipe, SpeedOptions? speed) =>
        speed?.CheckedIn(recipe) ?? recipe;

    private static Cadence Cadenced(int invertEvery, int? statisticsSteps, int warmUpBatches)
    {
        Argument.AtLeast(1, invertEvery);
        var steps = Argument.AtLeast(
            1,
            statisticsSteps ?? Math.Min(CadenceModule.defaults.StatisticsSteps, invertEvery),
            nameof(statisticsSteps)
        );
        Argument.AtLeast(0, warmUpBatches);
        return steps <= invertEvery
            ? new(invertEvery, steps, warmUpBatches)
            : throw new ArgumentException(
                $"statisticsSteps must be at most invertEvery, {invertEvery}; got {steps}.",
                nameof(statisticsSteps)
            );
    }
}
