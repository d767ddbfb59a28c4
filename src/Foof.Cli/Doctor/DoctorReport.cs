using System.Text.Json.Nodes;
using Foof.Cli.Commands;
using Foof.Cli.Output;
using Foof.Cli.Reports;
using Spectre.Console;
using TorchSharp;

namespace Foof.Cli.Doctor;

/// <summary><c>foof info --doctor</c>: checks the installation, and says what to do.</summary>
internal static class DoctorReport
{
    /// <summary>Examines the installation; fails where there is a problem.</summary>
    internal static int Run(Terminal terminal, string data, int threads, Files files)
    {
        var findings = Examination.Run(data, threads);
        Show(terminal.Console, findings);
        files.WriteMetrics(terminal, Record(findings));
        return Count(findings, Verdict.Problem) == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static void Show(IAnsiConsole console, IReadOnlyList<Finding> findings)
    {
        var table = new Table().Border(TableBorder.None).HideHeaders();
        table.AddColumn(new TableColumn("").NoWrap()).AddColumn(new TableColumn("").NoWrap()).AddColumn("");
        foreach (var finding in findings)
        {
            table.AddRow(Word(finding.Verdict), Markup.Escape(finding.Item), Markup.Escape(finding.Detail));
            if (finding.Remedy is not null)
                table.AddRow("", "", $"[bold]{Markup.Escape($"-> {finding.Remedy}")}[/]");
        }
        console.Write(new Trimmed(table));
        console.Profile.Out.Writer.WriteLine(Summary(findings));
    }

    private static string Summary(IReadOnlyList<Finding> findings)
    {
        var (problems, warnings) = (Count(findings, Verdict.Problem), Count(findings, Verdict.Warning));
        return problems + warnings == 0
            ? "Everything is as it should be."
            : $"{Say.Many(problems, "problem")}, {Say.Many(warnings, "warning")}: "
                + "the lines with -> say what to do.";
    }

    private static string Word(Verdict verdict) =>
        verdict switch
        {
            Verdict.Ok => "[green]ok[/]",
            Verdict.Warning => "[yellow]warning[/]",
            Verdict.Problem => "[red]problem[/]",
            _ => "-",
        };

    private static int Count(IReadOnlyList<Finding> findings, Verdict verdict) =>
        findings.Count(finding => finding.Verdict == verdict);

    private static JsonObject Record(IReadOnlyList<Finding> findings) =>
        new()
        {
            ["command"] = "info",
            ["doctor"] = new JsonArray([.. findings.Select(finding => finding.ToJson())]),
            ["problems"] = Count(findings, Verdict.Problem),
            ["warnings"] = Count(findings, Verdict.Warning),
        };
}

/// <summary>Checks an installation item by item; a problem with one item does not end it.</summary>
internal static class Examination
{
    /// <summary>The item that every computation needs.</summary>
    internal const string Libtorch = "libtorch";

    /// <summary>The findings, each item after those that it needs.</summary>
    /// <param name="data">The data set's name or folder.</param>
    /// <param name="threads">How many threads libtorch gets.</param>
    internal static IReadOnlyList<Finding> Run(string data, int threads)
    {
        var libtorch = Guarded(Libtorch, EngineChecks.Torch);
        var canCompute = libtorch.Verdict != Verdict.Problem;
        if (canCompute)
            torch.set_num_threads(threads);
        return
        [
            MachineChecks.Runtime(),
            libtorch,
            Computed("computation", EngineChecks.Computation),
            Computed("CUDA", EngineChecks.Cuda),
            Guarded("processor", MachineChecks.Processor),
            Guarded("memory", MachineChecks.Memory),
            Guarded("disk", MachineChecks.Disk),
            Guarded("data", () => DataCheck.Of(data)),
            Guarded("browser", MachineChecks.Browser),
        ];

        Finding Computed(string item, Func<Finding> look) =>
            canCompute ? Guarded(item, look) : Finding.Unchecked(item, Libtorch);
    }

    // An unforeseen error becomes a finding about the item.
    private static Finding Guarded(string item, Func<Finding> look)
    {
        try
        {
            return look();
        }
#pragma warning disable CA1031
        catch (Exception error)
#pragma warning restore CA1031
        {
            return Finding.Problem(
                item,
                CommandFrame.FirstLine(CommandFrame.Cause(error)),
                "fix what the sentence describes, then check again"
            );
        }
    }
}
