using System.CommandLine;
using System.Text.Json.Nodes;
using Foof.Cli.Bench;
using Foof.Cli.Output;
using Spectre.Console;

namespace Foof.Cli.Commands;

/// <summary><c>foof bench</c>: measurements.</summary>
internal static class BenchCommand
{
    private const int DefaultRounds = 50;

    /// <summary>The command with its kinds.</summary>
    internal static Command Make(CommandFrame frame)
    {
        var bench = new Command("bench", "Measure")
        {
            BenchStepCommand.Make(frame),
            BenchGramCommand.Make(frame),
            BenchLaplaceCommand.Make(frame),
            Ops(frame),
        };
        return bench;
    }

    private static Command Ops(CommandFrame frame) =>
        Measured.OfRounds(
            frame,
            "ops",
            "Measure what one call of a tensor operation costs",
            DefaultRounds,
            (terminal, _, rounds, metrics) => Run(terminal, rounds, metrics)
        );

    private static int Run(Terminal terminal, int rounds, string? metrics) =>
        Measured.Run(
            terminal,
            metrics,
            "all rounds were measured",
            () => OperatorBenchmark.Run(rounds, terminal.Progress, terminal.Stop),
            Show,
            rows =>
                new()
                {
                    ["command"] = "bench ops",
                    ["rows"] = new JsonArray([.. rows.Select(row => row.ToJson())]),
                }
        );

    private static void Show(IAnsiConsole console, IReadOnlyList<OperatorTime> rows)
    {
        var table = Measured.TableOf("operation", "median us", "p10", "p90", "managed bytes");
        foreach (var row in rows)
            table.AddRow(
                row.Name,
                $"{row.Microseconds.Median:F3}",
                $"{row.Microseconds.Tenth:F3}",
                $"{row.Microseconds.Ninetieth:F3}",
                $"{row.BytesPerCall:F0}"
            );
        console.Write(table);
    }
}
