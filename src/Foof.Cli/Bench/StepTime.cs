using System.Text.Json.Nodes;
using Foof.Cli.Output;
using Spectre.Console;

namespace Foof.Cli.Bench;

/// <summary>The cost of an optimiser's step.</summary>
/// <param name="Name">The row.</param>
/// <param name="Amortised">The mean milliseconds of a step over a period; the median over the rounds.</param>
/// <param name="Step">The milliseconds of single steps.</param>
/// <param name="Ratio">Its cost divided by that of SGD in the same round; the median over the rounds.</param>
/// <param name="Flops">The operations of the model's forward and backward pass.</param>
/// <param name="PeakShare">Those operations per second, as a share of the machine's best rate.</param>
/// <param name="BytesPerStep">The managed memory that a step allocates.</param>
/// <param name="PeakMegabytes">The peak memory while only this row ran; null if it is unknown.</param>
/// <param name="Extrapolated">Whether a part of the period's plain steps was not run.</param>
/// <param name="Phases">The amortised milliseconds of each phase; null if they were not measured.</param>
internal sealed record StepTime(
    string Name,
    double Amortised,
    Spread Step,
    double Ratio,
    double Flops,
    double PeakShare,
    double BytesPerStep,
    double? PeakMegabytes,
    bool Extrapolated,
    IReadOnlyDictionary<string, double>? Phases = null
)
{
    /// <summary>The row in the metrics.</summary>
    internal JsonObject ToJson() =>
        new()
        {
            ["name"] = Name,
            ["median_ms"] = Amortised,
            ["step_median_ms"] = Step.Median,
            ["p10"] = Step.Tenth,
            ["p90"] = Step.Ninetieth,
            ["ratio_to_sgd"] = Ratio,
            ["flops"] = Flops,
            ["peak_share"] = PeakShare,
            ["bytes_per_step"] = BytesPerStep,
            ["peak_rss_mb"] = PeakMegabytes,
            ["extrapolated"] = Extrapolated,
            ["phases"] = Phases is null
                ? null
                : new JsonObject(Phases.Select(phase => KeyValuePair.Create(phase.Key, (JsonNode?)phase.Value))),
        };

    /// <summary>Writes the table.</summary>
    internal static void Show(IAnsiConsole console, IReadOnlyList<StepTime> times)
    {
        var table = Tables.Of(
            "optimiser",
            "ms a step",
            "x sgd",
            "median",
            "p10",
            "p90",
            "Gflop",
            "of peak",
            "managed bytes",
            "peak MB"
        );
        foreach (var time in times)
            table.AddRow(
                time.Extrapolated ? $"{time.Name} *" : time.Name,
                $"{time.Amortised:F2}",
                $"{time.Ratio:F2}",
                $"{time.Step.Median:F2}",
                $"{time.Step.Tenth:F2}",
                $"{time.Step.Ninetieth:F2}",
                $"{time.Flops / 1e9:F2}",
                $"{time.PeakShare:P0}",
                $"{time.BytesPerStep:N0}",
                time.PeakMegabytes is { } peak ? $"{peak:F0}" : "?"
            );
        console.Write(table);
        var writer = console.Profile.Out.Writer;
        ShowPhases(console, times);
        writer.WriteLine(
            "ms a step: the mean over a period, including inversions and statistics; median, p10, p90: single steps."
        );
        if (times.Any(time => time.Extrapolated))
            writer.WriteLine(
                "* a part of the period's plain steps was not run: they count as the median plain step, and rows without a period as the median step."
            );
    }

    private static void ShowPhases(IAnsiConsole console, IReadOnlyList<StepTime> times)
    {
        if (times.All(time => time.Phases is null))
            return;
        var table = Tables.Of("ms a step", [.. PhaseClock.Names, "all", "rest"]);
        foreach (var (name, amortised, phases) in times.Select(time => (time.Name, time.Amortised, time.Phases!)))
        {
            var all = phases.Values.Sum();
            table.AddRow([
                name,
                .. PhaseClock.Names.Select(phase => $"{phases[phase]:F2}"),
                $"{all:F2}",
                $"{Math.Max(0, amortised - all):F2}",
            ]);
        }
        console.Write(table);
        console.Profile.Out.Writer.WriteLine(
            "Phases are means over all steps, statistics and inversions amortised over the period; the rest is batches and bookkeeping."
        );
    }
}

/// <summary>Percentiles of a repeated measurement.</summary>
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

    // Between two ranks, the percentile is interpolated.
    private static double At(double[] sorted, double share)
    {
        var rank = share * (sorted.Length - 1);
        var below = (int)rank;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
    }
}
