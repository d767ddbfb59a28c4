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
    private const string Unknown = "unknown";

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
                }
            )
        );
        return command;
    }

    private static int Run(Terminal terminal, int threads, string? metrics)
    {
        torch.set_num_threads(threads);
        var facts = Facts();
        Show(terminal.Console, facts);
        if ((string?)facts["blas_threading"] == nameof(BlasThreading.Posix))
            terminal.Error.WriteLine(
                "Warning: this OpenBLAS has POSIX threads, which fight libtorch's for the cores; "
                    + "run: apt-get install libopenblas0-openmp, and unset FOOF_BLAS."
            );
        MetricsFile.Write(terminal, metrics, facts);
        return ExitCode.Success;
    }

    private static JsonObject Facts()
    {
        // The product comes first: libtorch binds to its BLAS when it is first used.
        var gflops = Speed.Gflops();
        var blas = EngineFiles.BlasFile is { } file ? BlasLibrary.Ask(file) : null;
        return new()
        {
            ["command"] = "info",
            ["foof"] = Versions.Foof,
            ["dotnet"] = Environment.Version.ToString(),
            ["torch_flavour"] = EngineFiles.Flavour,
            ["libtorch"] = EngineFiles.TorchVersion,
            ["libtorch_file"] = EngineFiles.TorchFile ?? Unknown,
            ["blas_file"] = blas?.File ?? Unknown,
            ["blas"] = blas?.Configuration ?? Unknown,
            ["blas_threading"] = blas?.Threading?.ToString() ?? Unknown,
            ["threads"] = torch.get_num_threads(),
            ["cuda"] = torch.cuda.is_available(),
            ["gflops_float32_1000"] = Math.Round(gflops, 1),
            ["fashion_mnist"] = Directory.Exists(ImageData.FashionMnistFolder)
                ? ImageData.FashionMnistFolder
                : "missing",
        };
    }

    private static void Show(IAnsiConsole console, JsonObject facts)
    {
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumn("").AddColumn("");
        foreach (var (name, value) in facts.Skip(1))
            table.AddRow(name.Replace('_', ' '), Markup.Escape(value!.ToString()));
        console.Write(table);
    }
}
