using System.CommandLine;
using System.Text.Json.Nodes;
using Foof.Cli.Commands;
using Foof.Cli.Engine;
using Foof.Cli.Output;
using Foof.Cli.Settings;
using TorchSharp;

namespace Foof.Cli.Bench;

/// <summary><c>foof bench</c>: what a step, a Gram matrix and a posterior cost.</summary>
internal static class BenchCommands
{
    /// <summary>The command with its kinds.</summary>
    internal static Command Make(CommandFrame frame) =>
        new("bench", "Measure")
        {
            frame.Command(
                "step",
                "Measure what an optimiser's step costs",
                [.. StepSettings.Table.Rows, .. Files.Rows()],
                Step
            ),
            frame.Command(
                "gram",
                "Measure how the cost of a Fisher factor's Gram matrix grows",
                [.. RowSettings.OfGram.Rows, .. Files.Rows()],
                Gram
            ),
            frame.Command(
                "laplace",
                "Measure fit, samples, evidence and predictions of posteriors",
                [.. RowSettings.OfLaplace.Rows, .. Files.Rows()],
                Laplace
            ),
        };

    private static int Step(Given given, Terminal terminal)
    {
        var settings = StepSettings.Table.Fill(given);
        var device = settings.Place;
        var rows = StepRows.Of(settings.Model, settings.Rows);
        torch.set_num_threads(settings.Threads);
        return Measured.Run(
            terminal,
            Files.Of(given),
            "all rounds were measured",
            () => new StepBenchmark(settings, rows).Run(terminal.Progress, terminal.Stop),
            StepTime.Show,
            times =>
                new()
                {
                    ["command"] = "bench step",
                    ["model"] = settings.Model.Kind.Name,
                    ["batch_size"] = settings.BatchSize,
                    ["threads"] = settings.Threads,
                    ["device"] = device.ToString(),
                    ["rounds"] = settings.Rounds,
                    ["rows"] = new JsonArray([.. times.Select(time => time.ToJson())]),
                }
        );
    }

    private static int Gram(Given given, Terminal terminal)
    {
        var settings = RowSettings.OfGram.Fill(given);
        torch.set_num_threads(settings.Threads);
        var benchmark = new GramBenchmark(settings.Rounds);
        return Measured.Run(
            terminal,
            Files.Of(given),
            "all rows were measured",
            () => benchmark.Run(terminal),
            GramTime.Show,
            GramTime.Record
        );
    }

    private static int Laplace(Given given, Terminal terminal)
    {
        var settings = RowSettings.OfLaplace.Fill(given);
        torch.set_num_threads(settings.Threads);
        var benchmark = new LaplaceBenchmark(settings.Rounds, Devices.Find(settings.Device));
        return Measured.Run(
            terminal,
            Files.Of(given),
            "all rows were measured",
            () => benchmark.Run(settings.Row, terminal),
            LaplaceTime.Show,
            times =>
                new()
                {
                    ["command"] = "bench laplace",
                    ["rows"] = new JsonArray([.. times.Select(time => time.ToJson())]),
                }
        );
    }
}
