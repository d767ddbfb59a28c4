using System.Text.Json.Nodes;
using Foof.Cli.Output;
using Spectre.Console;

namespace Foof.Cli.Bench;

/// <summary>The cost of a Gram matrix.</summary>
/// <param name="Grows">What grows in the rows around this one.</param>
/// <param name="Columns">m, the order of the matrix.</param>
/// <param name="Width">The inputs and outputs of each layer.</param>
/// <param name="Milliseconds">The time.</param>
/// <param name="Flops">The float64 operations of the inner products.</param>
/// <param name="Megabytes">The largest resident memory without the factor; null if it is unknown.</param>
internal sealed record GramTime(
    string Grows,
    int Columns,
    int Width,
    Spread Milliseconds,
    double Flops,
    double? Megabytes
)
{
    /// <summary>The rows whose m grows.</summary>
    internal const string ByColumns = "columns";

    /// <summary>The rows whose width grows.</summary>
    internal const string ByWidth = "width";

    private static readonly string[] Growing = [ByColumns, ByWidth];

    /// <summary>The size that grows.</summary>
    internal int Size => Grows == ByColumns ? Columns : Width;

    /// <summary>
    /// The power of the size with which values grow, by a least-squares fit of the logarithms; null if a value is
    /// not positive.
    /// </summary>
    internal static double? Exponent(IReadOnlyList<GramTime> rows, Func<GramTime, double?> value)
    {
        if (rows.Count < 2 || rows.Any(row => value(row) is not > 0))
            return null;
        var x = rows.Select(row => Math.Log(row.Size)).ToArray();
        var y = rows.Select(row => Math.Log(value(row)!.Value)).ToArray();
        var (meanX, meanY) = (x.Average(), y.Average());
        return x.Zip(y, (a, b) => (a - meanX) * (b - meanY)).Sum() / x.Sum(a => (a - meanX) * (a - meanX));
    }

    /// <summary>The row in the metrics.</summary>
    internal JsonObject ToJson() =>
        new()
        {
            ["grows"] = Grows,
            ["columns"] = Columns,
            ["width"] = Width,
            ["median_ms"] = Milliseconds.Median,
            ["p10"] = Milliseconds.Tenth,
            ["p90"] = Milliseconds.Ninetieth,
            ["flops"] = Flops,
            ["peak_mb"] = Megabytes,
        };

    /// <summary>The metrics of all rows.</summary>
    internal static JsonObject Record(IReadOnlyList<GramTime> times)
    {
        var exponents = new JsonObject();
        foreach (var grows in Growing)
        {
            var (time, memory) = Exponents(times, grows);
            exponents[grows] = new JsonObject { ["time"] = time, ["memory"] = memory };
        }
        return new()
        {
            ["command"] = "bench gram",
            ["rows"] = new JsonArray([.. times.Select(time => time.ToJson())]),
            ["exponents"] = exponents,
        };
    }

    /// <summary>Writes the table, and how the cost grows.</summary>
    internal static void Show(IAnsiConsole console, IReadOnlyList<GramTime> times)
    {
        var table = Tables.Of(null, "columns m", "width", "median ms", "p10", "p90", "Gflop/s", "MB");
        foreach (var time in times)
            table.AddRow(
                $"{time.Columns}",
                $"{time.Width}",
                $"{time.Milliseconds.Median:F1}",
                $"{time.Milliseconds.Tenth:F1}",
                $"{time.Milliseconds.Ninetieth:F1}",
                $"{time.Flops / time.Milliseconds.Median / 1e6:F0}",
                time.Megabytes is { } megabytes ? $"{megabytes:F0}" : "?"
            );
        console.Write(table);
        foreach (var grows in Growing)
        {
            var (time, memory) = Exponents(times, grows);
            console.Profile.Out.Writer.WriteLine(
                $"With growing {grows}: time as {Power(time)}, memory as {Power(memory)}."
            );
        }
    }

    private static (double? Time, double? Memory) Exponents(IReadOnlyList<GramTime> times, string grows)
    {
        GramTime[] rows = [.. times.Where(time => time.Grows == grows)];
        return (Exponent(rows, row => row.Milliseconds.Median), Exponent(rows, row => row.Megabytes));
    }

    private static string Power(double? exponent) =>
        exponent is { } power ? $"the power {power:F2}" : "an unknown power";
}
