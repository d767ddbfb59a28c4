using System.Text.Json.Nodes;

namespace Foof.Cli.Bench;

/// <summary>What one call of an operation costs.</summary>
/// <param name="Name">The operation and its sizes.</param>
/// <param name="Median">The median over the rounds, in microseconds.</param>
/// <param name="Tenth">The tenth percentile.</param>
/// <param name="Ninetieth">The ninetieth percentile.</param>
/// <param name="BytesPerCall">Managed memory that a call takes.</param>
internal sealed record OperatorTime(
    string Name,
    double Median,
    double Tenth,
    double Ninetieth,
    double BytesPerCall
)
{
    /// <summary>The summary of the rounds.</summary>
    internal static OperatorTime Of(string name, IEnumerable<double> microseconds, double bytesPerCall)
    {
        var sorted = microseconds.Order().ToArray();
        return new(name, At(sorted, 0.5), At(sorted, 0.1), At(sorted, 0.9), bytesPerCall);
    }

    /// <summary>As a row of the metrics.</summary>
    internal JsonObject ToJson() =>
        new()
        {
            ["name"] = Name,
            ["median_us"] = Median,
            ["p10"] = Tenth,
            ["p90"] = Ninetieth,
            ["bytes_per_op"] = BytesPerCall,
        };

    // Between two ranks the value is interpolated.
    private static double At(double[] sorted, double share)
    {
        var rank = share * (sorted.Length - 1);
        var below = (int)rank;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
    }
}
