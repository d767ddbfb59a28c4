using System.CommandLine;
using System.Text.Json.Nodes;
using Foof.Cli.Data;
using Foof.Cli.Doctor;
using Foof.Cli.Engine;
using Foof.Cli.Output;
using Spectre.Console;
using TorchSharp;

namespace Foof.Cli.Commands;

/// <summary><c>foof info</c>: what the machine offers.</summary>
internal static class InfoCommand
{
    /// <summary>The command.</summary>
    internal static Command Make(CommandFrame frame)
    {
        var threads = Choice.Threads();
        var metrics = CommonOptions.Metrics();
        var doctor = new Option<bool>("--doctor")
        {
            Description = "Check the installation item by item, and say what to do where something lacks",
        };
        var data = CommonOptions.Data($"The data that --doctor looks at [default: {ImageData.FashionMnist}]");
        var command = new Command("info", "Show the libraries, the threads, and how fast they are")
        {
            doctor,
            data,
            threads,
            metrics,
        };
        command.SetAction(parsed =>
            frame.Run(
                parsed,
                terminal =>
                {
                    var (folder, file) = (parsed.GetValue(data), parsed.GetValue(metrics));
                    var count = parsed.GetValue(threads) ?? Choice.DefaultThreads;
                    MetricsFile.Check(file);
                    if (parsed.GetValue(doctor))
                        return DoctorReport.Run(terminal, folder ?? ImageData.FashionMnist, count, file);
                    return folder is null
                        ? Run(terminal, count, file)
                        : throw new CommandFailure(
                            "--data needs --doctor, which looks at it.",
                            ExitCode.Usage
                        );
                },
                computes: !parsed.GetValue(doctor)
            )
        );
        return command;
    }

    private static int Run(Terminal terminal, int threads, string? metrics)
    {
        torch.set_num_threads(threads);
        var facts = Facts();
        Show(terminal.Console, facts);
        MetricsFile.Write(terminal, metrics, facts);
        return ExitCode.Success;
    }

    private static JsonObject Facts() =>
        new()
        {
            ["command"] = "info",
            ["foof"] = Versions.Foof,
            ["dotnet"] = Environment.Version.ToString(),
            ["torchsharp"] = Libtorch.TorchSharpVersion,
            ["libtorch"] = Libtorch.Version?.ToString() ?? "unknown",
            ["threads"] = torch.get_num_threads(),
            ["cuda"] = torch.cuda.is_available(),
            ["gflops_float32_1000"] = Math.Round(Speed.Gflops(), 1),
            ["gflops_bfloat16_1000"] = Math.Round(Speed.Gflops(torch.ScalarType.BFloat16), 1),
            ["fashion_mnist"] = Directory.Exists(ImageData.FashionMnistFolder)
                ? ImageData.FashionMnistFolder
                : "missing",
        };

    private static void Show(IAnsiConsole console, JsonObject facts)
    {
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumn("").AddColumn("");
        foreach (var (name, value) in facts.Skip(1))
            table.AddRow(name.Replace('_', ' '), Markup.Escape(value!.ToString()));
        console.Write(table);
    }
}
