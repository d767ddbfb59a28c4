namespace Foof;

/// <summary>When an optimiser takes statistics and inverts them; what is null is the method's own.</summary>
/// <remarks><c>docs/performance.md</c> has what a delay and a share of the batch save.</remarks>
/// <example>
/// <code>
/// var schedule = new CurvatureSchedule { InvertEvery = 50, StatisticsSteps = 5 };
/// using var optimizer = new FoofOptimizer(model, schedule: schedule);
/// </code>
/// </example>
public sealed record CurvatureSchedule
{
    /// <summary>T: every how many steps the damped matrices are inverted, at least 1.</summary>
    public int? InvertEvery { get; init; }

    /// <summary>
    /// S: in how many steps before an inversion statistics are taken, from 1 to T; null: the method's, or T where that is less.
    /// </summary>
    public int? StatisticsSteps { get; init; }

    /// <summary>How many batches of statistics come before the first period, at least 0.</summary>
    public int? WarmUpBatches { get; init; }

    /// <summary>β of the moving averages, in [0, 1).</summary>
    public double? MovingAverage { get; init; }

    /// <summary>The share of a batch that statistics are made of, its first data points, in (0, 1].</summary>
    public double StatisticsShare { get; init; } = 1;

    /// <summary>
    /// How many steps later an inverse is used that is made beside the steps, on a thread of its own: always so many, so that
    /// runs repeat to the bit; at most T. 0: each is made in its step. For FOOF and K-FAC.
    /// </summary>
    public int InverseDelay { get; init; }

    /// <summary>A method by this schedule.</summary>
    internal Recipe In(Recipe method)
    {
        var cadence = method.Cadence;
        var invertEvery = InvertEvery ?? cadence.InvertEvery;
        method = method
            .WithCadence(
                invertEvery,
                StatisticsSteps ?? Math.Min(cadence.StatisticsSteps, Math.Max(1, invertEvery))
            )
            .WithWarmUp(WarmUpBatches ?? cadence.WarmUp)
            .WithStatisticsShare(StatisticsShare)
            .WithInverseDelay(InverseDelay);
        return MovingAverage is { } beta ? method.WithMovingAverage(beta) : method;
    }
}
