using System.Text.Json.Nodes;

namespace Foof.Cli.Bench;

/// <summary>What one call of an operation costs.</summary>
/// <param name="Name">The operation and its sizes.</param>
/// <param name="Microseconds">What it costs, over the rounds.</param>
/// <param name="BytesPerCall">Managed memory that a call takes.</param>
internal sealed record OperatorTime(string Name, Spread Microseconds, double BytesPerCall)
{
    /// <summary>As a row of the metrics.</summary>
    internal JsonObject ToJson() =>
        new()
        {
            ["name"] = Name,
            ["median_us"] = Microseconds.Median,
            ["p10"] = Microseconds.Tenth,
            ["p90"] = Microseconds.Ninetieth,
            ["bytes_per_op"] = BytesPerCall,
        };
}
