namespace Foof;

/// <summary>Ways of FOOF and K-FAC to spend less time in a step, each at a price that its line states; none by default.</summary>
/// <remarks><c>docs/performance.md</c> has what each of them saves.</remarks>
/// <example>
/// <code>
/// var speed = new SpeedOptions { BFloat16Products = true, StatisticsShare = 0.25 };
/// using var optimizer = new FoofOptimizer(model, speed: speed);
/// </code>
/// </example>
public sealed record SpeedOptions
{
    /// <summary>
    /// Products with the inverses in bfloat16, with 8 bits of mantissa and sums in float32: updates are off by some 0.4 %.
    /// Fast where the processor multiplies bfloat16 faster than float32, as with AMX, and slow elsewhere; not for K-FAC's
    /// standard damping.
    /// </summary>
    public bool BFloat16Products { get; init; }

    /// <summary>
    /// Inversions go on beside the steps, on a thread of their own, and serve from this many steps later on, always, so
    /// that runs repeat to the bit; at most T. 0: each is made in its step.
    /// </summary>
    public int StaleSteps { get; init; }

    /// <summary>The share of a batch that statistics are made of, its first data points, in (0, 1].</summary>
    public double StatisticsShare { get; init; } = 1;

    /// <summary>The method with these, after checks of them.</summary>
    internal Recipe CheckedIn(Recipe recipe)
    {
        var invertEvery = recipe.Cadence.InvertEvery;
        Argument.AtMost(invertEvery, Argument.AtLeast(0, StaleSteps), name: nameof(StaleSteps));
        Argument.Share(StatisticsShare);
        return In(recipe);
    }

    /// <summary>The method with these.</summary>
    internal Recipe In(Recipe recipe)
    {
        recipe = recipe.WithStatisticsShare(StatisticsShare);
        if (BFloat16Products)
            recipe = recipe.WithBFloat16Products();
        return StaleSteps == 0 ? recipe : recipe.WithBackgroundInversions(StaleSteps);
    }
}
