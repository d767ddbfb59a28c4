using System.CommandLine;
using System.Text.Json.Nodes;
using Foof.Cli.Bench;
using Foof.Cli.Engine;
using Foof.Cli.Output;
using Spectre.Console;

namespace Foof.Cli.Commands;

/// <summary><c>foof bench laplace</c>: what exact posteriors of larger and larger networks cost.</summary>
internal static class BenchLaplaceCommand
{
    private const int DefaultRounds = 3;

    /// <summary>The command.</summary>
    internal static Command Make(CommandFrame frame)
    {
        var row = Choice.Among("--row", "Only this row [default: all]", LaplaceBenchmark.Names);
        var device = Choice.Device();
        return Measured.OfRounds(
            frame,
            "laplace",
            "Measure fit, samples, evidence and predictions of posteriors",
            DefaultRounds,
            (terminal, parsed, rounds, metrics) =>
                Run(
                    terminal,
                    new(rounds, Devices.Find(parsed.GetValue(device) ?? Devices.Cpu)),
                    parsed.GetValue(row) is { } name ? [name] : null,
                    metrics
                ),
            row,
            device
        );
    }

    private static int Run(
        Terminal terminal,
        LaplaceBenchmark benchmark,
        IReadOnlyList<string>? names,
        string? metrics
    ) =>
        Measured.Run(
            terminal,
            metrics,
            "all rows were measured",
            () => benchmark.Run(names, terminal.Progress, terminal.Stop),
            Show,
            times =>
                new()
                {
                    ["command"] = "bench laplace",
                    ["rows"] = new JsonArray([.. times.Select(time => time.ToJson())]),
                }
        );

    private static void Show(IAnsiConsole console, IReadOnlyList<LaplaceTime> times)
    {
        var table = Measured.TableOf(
            "network",
            "weights p",
            "columns m",
            "fit s",
            "100 samples s",
            "sample/pass",
            "predict 50 s",
            "evidence 1000 ms",
            "penalty/pass",
            "all labels/pass",
            "peak MB"
        );
        foreach (var time in times)
            table.AddRow(
                time.Name,
                $"{time.Parameters:N0}",
                $"{time.Columns}",
                $"{time.Fit:F2}",
                $"{time.Samples:F2}",
                $"{time.SampleToPass:F2}",
                $"{time.Predict:F3}",
                $"{time.Evidence:F1}",
                $"{time.PenaltyToPass:F2}",
                $"{time.PenaltyOfAllLabelsToPass:F2}",
                $"{time.PeakMegabytes:F0}"
            );
        console.Write(table);
    }
}
