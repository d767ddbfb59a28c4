namespace Foof.Cli.Bench;

/// <summary>The percentiles of a measurement that was repeated.</summary>
/// <param name="Median">The median.</param>
/// <param name="Tenth">The tenth percentile.</param>
/// <param name="Ninetieth">The ninetieth percentile.</param>
internal readonly record struct Spread(double Median, double Tenth, double Ninetieth)
{
    /// <summary>The percentiles of at least one value.</summary>
    internal static Spread Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return new(At(sorted, 0.5), At(sorted, 0.1), At(sorted, 0.9));
    }

    // Between two ranks the value is interpolated.
    private static double At(double[] sorted, double share)
    {
        var rank = share * (sorted.Length - 1);
        var below = (int)rank;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
    }
}
