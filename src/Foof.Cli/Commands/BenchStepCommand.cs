using System.CommandLine;
using System.Text.Json.Nodes;
using Foof.Cli.Bench;
using Foof.Cli.Engine;
using Foof.Cli.Models;
using Foof.Cli.Output;
using Spectre.Console;
using TorchSharp;

namespace Foof.Cli.Commands;

/// <summary><c>foof bench step</c>: what a step costs, beside one of SGD.</summary>
internal static class BenchStepCommand
{
    private const int DefaultBatchSize = 100;
    private const int DefaultRounds = 3;
    private const int DefaultSteps = 100;
    private const int DefaultStepsOfLarge = 20;
    private const string Large = "resnet18";

    /// <summary>The command.</summary>
    internal static Command Make(CommandFrame frame)
    {
        var model = Choice.Among(
            "--model",
            $"The network [default: {ModelCatalogue.Default}]",
            StepModel.Names
        );
        var rows = Choice.Text(
            "--rows",
            "NAMES",
            "Only the rows whose names begin so, separated by commas; sgd always is"
        );
        var batchSize = Choice.Count("--batch-size", $"Data points of a step [default: {DefaultBatchSize}]");
        var rounds = Choice.Count("--rounds", $"How often each period is run [default: {DefaultRounds}]");
        var steps = Choice.Count(
            "--steps",
            $"How many steps of a longer period are run [default: {DefaultSteps}, {DefaultStepsOfLarge} for {Large}]"
        );
        var threads = Choice.Threads();
        var device = Choice.Device();
        var metrics = CommonOptions.Metrics();
        var command = new Command("step", "Measure what an optimiser's step costs")
        {
            model,
            rows,
            batchSize,
            rounds,
            steps,
            threads,
            device,
            metrics,
        };
        command.SetAction(parsed =>
            frame.Run(
                parsed,
                terminal =>
                {
                    var network = StepModel.Find(parsed.GetValue(model) ?? ModelCatalogue.Default);
                    var settings = new StepSettings(
                        network,
                        parsed.GetValue(batchSize) ?? DefaultBatchSize,
                        parsed.GetValue(threads) ?? Choice.DefaultThreads,
                        Devices.Find(parsed.GetValue(device) ?? Devices.Cpu),
                        parsed.GetValue(rounds) ?? DefaultRounds,
                        parsed.GetValue(steps) ?? (network.IsLarge ? DefaultStepsOfLarge : DefaultSteps)
                    );
                    return Run(
                        terminal,
                        settings,
                        Selected(StepRows.Of(network), parsed.GetValue(rows)),
                        parsed.GetValue(metrics)
                    );
                }
            )
        );
        return command;
    }

    // Every row's SGD row comes along: ratios are to it.
    private static StepRow[] Selected(StepRow[] all, string? names)
    {
        if (names is null)
            return all;
        var wanted = names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var name in wanted)
            if (!Named(all, name).Any())
                throw new CommandFailure(
                    $"--rows must name rows of this network: {string.Join(", ", all.Select(row => $"'{row.Name}'"))}; got '{name}'."
                );
        var chosen = wanted.SelectMany(name => Named(all, name)).ToHashSet();
        var baselines = chosen.Select(row => row.Baseline).Append(StepRow.Sgd).ToHashSet();
        return [.. all.Where(row => baselines.Contains(row.Name) || chosen.Contains(row))];
    }

    // A whole name is that row alone, though others may go on from it.
    private static IEnumerable<StepRow> Named(StepRow[] all, string name) =>
        all.Where(row => row.Name == name) is var exact && exact.Any()
            ? exact
            : all.Where(row => row.Name.StartsWith(name, StringComparison.Ordinal));

    private static int Run(Terminal terminal, StepSettings settings, StepRow[] rows, string? metrics)
    {
        torch.set_num_threads(settings.Threads);
        return Measured.Run(
            terminal,
            metrics,
            "all rounds were measured",
            () => new StepBenchmark(settings, rows).Run(terminal.Progress, terminal.Stop),
            Show,
            times =>
                new()
                {
                    ["command"] = "bench step",
                    ["model"] = settings.Model.Kind.Name,
                    ["batch_size"] = settings.BatchSize,
                    ["threads"] = settings.Threads,
                    ["device"] = settings.Device.ToString(),
                    ["rounds"] = settings.Rounds,
                    ["rows"] = new JsonArray([.. times.Select(time => time.ToJson())]),
                }
        );
    }

    private static void Show(IAnsiConsole console, IReadOnlyList<StepTime> times)
    {
        var table = Measured.TableOf(
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
        writer.WriteLine(
            "ms a step: the mean over a period, inversions and statistics among it; median, p10, p90: single steps."
        );
        if (times.Any(time => time.Extrapolated))
            writer.WriteLine(
                "* a part of the period's plain steps was not run: they count as the median plain step, and rows without a period as the median step."
            );
    }
}
