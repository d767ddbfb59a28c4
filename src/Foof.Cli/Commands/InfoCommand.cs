using System.CommandLine;
using System.Text.Json.Nodes;
using Foof.Cli.Data;
using Foof.Cli.Doctor;
using Foof.Cli.Engine;
using Foof.Cli.Output;
using Foof.Cli.Settings;
using Spectre.Console;
using TorchSharp;
using static Foof.Cli.Settings.CommonSettings;
using static Foof.Cli.Settings.Setting<Foof.Cli.Commands.InfoSettings>;

namespace Foof.Cli.Commands;

/// <summary><c>foof info</c>: what the machine offers.</summary>
internal static class InfoCommand
{
    /// <summary>The command.</summary>
    internal static Command Make(CommandFrame frame) =>
        frame.Command(
            "info",
            "Show the libraries, the threads, and how fast they are",
            [.. InfoSettings.Table.Rows, .. Files.Rows()],
            Run,
            computes: given => !InfoSettings.Table.Fill(given).Doctor
        );

    private static int Run(Given given, Terminal terminal)
    {
        var (settings, files) = (InfoSettings.Table.Fill(given), Files.Of(given));
        files.Check();
        if (settings.Doctor)
            return DoctorReport.Run(terminal, given.Text("--data") ?? settings.Data, settings.Threads, files);
        if (given.Has("--data"))
            throw new CommandFailure("--data needs --doctor, which looks at it.", ExitCode.Usage);
        torch.set_num_threads(settings.Threads);
        var facts = Facts();
        Show(terminal.Console, facts);
        files.WriteMetrics(terminal, facts);
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
        console.Write(new Trimmed(table));
    }
}

/// <summary>What <c>foof info</c> looks at.</summary>
internal sealed record InfoSettings
{
    /// <summary>The table of settings, in the order of help.</summary>
    internal static SettingTable<InfoSettings> Table { get; } =
        new(
            Flag(s => s.Doctor, "Check the installation item by item, and say what to do if something is missing"),
            Of(s => s.Data, Forms.Data, "The data that --doctor looks at", ImageData.FashionMnist),
            Threads<InfoSettings>(s => s.Threads)
        );

    public bool Doctor { get; init; }
    public string Data { get; init; } = null!;
    public int Threads { get; init; }
}
