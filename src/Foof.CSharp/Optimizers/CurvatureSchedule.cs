namespace Foof;

/// <summary>
/// When an optimiser takes statistics and inverts them; null means the method's own setting.
/// </summary>
/// <remarks><c>docs/performance.md</c> shows how much time a delay and a share of the batch save.</remarks>
/// <example>
/// <code>
/// var schedule = new CurvatureSchedule { InvertEvery = 50, StatisticsSteps = 5 };
/// using var optimizer = new FoofOptimizer(model, schedule: schedule);
/// </code>
/// </example>
public sealed record CurvatureSchedule
{
    /// <summary>T, the number of steps between inversions of the damped matrices, at least 1.</summary>
    public int? InvertEvery { get; init; }

    /// <summary>
    /// S, the number of steps before each inversion in which statistics are taken, from 1 to T; null means
    /// the method's own, or T if that is less.
    /// </summary>
    public int? StatisticsSteps { get; init; }

    /// <summary>
    /// The number of batches whose statistics are taken before the first period, at least 0.
    /// </summary>
    public int? WarmUpBatches { get; init; }

    /// <summary>β of the moving averages, in [0, 1).</summary>
    public double? MovingAverage { get; init; }

    /// <summary>
    /// The share of each batch, its first data points, that statistics are taken from, in (0, 1].
    /// </summary>
    public double StatisticsShare { get; init; } = 1;

    /// <summary>
    /// The number of steps after which an inverse is first used, from 0 to T. Another thread computes the
    /// inverse while the steps continue; the delay is always the same, so that runs repeat to the bit. 0
    /// means that each inverse is computed within its step. For FOOF and K-FAC.
    /// </summary>
    public int InverseDelay { get; init; }

    /// <summary>Returns the method with this schedule.</summary>
    internal Recipe In(Recipe method)
    {
        var cadence = method.Cadence;
        var invertEvery = InvertEvery ?? cadence.InvertEvery;
        method = method
            .WithCadence(invertEvery, StatisticsSteps ?? Math.Min(cadence.StatisticsSteps, Math.Max(1, invertEvery)))
            .WithWarmUp(Argument.AtLeast(0, WarmUpBatches) ?? cadence.WarmUp)
            .WithStatisticsShare(StatisticsShare)
            .WithInverseDelay(InverseDelay);
        return MovingAverage is { } beta ? method.WithMovingAverage(beta) : method;
    }
}
