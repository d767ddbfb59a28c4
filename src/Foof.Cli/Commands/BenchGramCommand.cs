using System.CommandLine;
using System.Text.Json.Nodes;
using Foof.Cli.Bench;
using Foof.Cli.Output;
using Spectre.Console;

namespace Foof.Cli.Commands;

/// <summary><c>foof bench gram</c>: how the cost of a Gram matrix grows.</summary>
internal static class BenchGramCommand
{
    private const int DefaultRounds = 5;
    private static readonly string[] Growing = [GramTime.ByColumns, GramTime.ByWidth];

    /// <summary>The command.</summary>
    internal static Command Make(CommandFrame frame) =>
        Measured.OfRounds(
            frame,
            "gram",
            "Measure how the cost of a Fisher factor's Gram matrix grows",
            DefaultRounds,
            (terminal, _, rounds, metrics) => Run(terminal, new(rounds), metrics)
        );

    private static int Run(Terminal terminal, GramBenchmark benchmark, string? metrics) =>
        Measured.Run(
            terminal,
            metrics,
            "all rows were measured",
            () => benchmark.Run(terminal.Progress, terminal.Stop),
            Show,
            Record
        );

    private static JsonObject Record(IReadOnlyList<GramTime> times)
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

    private static (double? Time, double? Memory) Exponents(IReadOnlyList<GramTime> times, string grows)
    {
        GramTime[] rows = [.. times.Where(time => time.Grows == grows)];
        return (
            GramTime.Exponent(rows, row => row.Milliseconds.Median),
            GramTime.Exponent(rows, row => row.Megabytes)
        );
    }

    private static string Power(double? exponent) =>
        exponent is { } power ? $"the power {power:F2}" : "an unknown power";

    private static void Show(IAnsiConsole console, IReadOnlyList<GramTime> times)
    {
        var table = Measured.TableOf(null, "columns m", "width", "median ms", "p10", "p90", "Gflop/s", "MB");
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
}
