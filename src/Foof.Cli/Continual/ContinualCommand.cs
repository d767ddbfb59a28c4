using System.Text.Json.Nodes;
using Foof.Cli.Data;
using Foof.Cli.Engine;
using Foof.Cli.Models;
using Foof.Cli.Output;
using Foof.Cli.Settings;
using Spectre.Console;
using TorchSharp;

namespace Foof.Cli.Continual;

/// <summary><c>foof continual</c>: learns one task after the other with every variant.</summary>
internal sealed class ContinualCommand(Given given, Files files, Terminal terminal)
{
    private const double Megabyte = 1 << 20;

    /// <summary>Runs the sequences that are not finished yet, and returns the exit code.</summary>
    internal int Run()
    {
        var kept = files.Resume is null ? null : ContinualRecord.Load(files.Resume);
        var settings = kept is null
            ? ContinualSettings.Table.Fill(given)
            : ContinualSettings.Resume(kept.Settings, given, files.Resume!);
        var place = Devices.Find(settings.Device);
        var name = given.Text("--data") ?? settings.Data;
        using var images = ImageData.Read(name, settings.Subset).To(place);
        TaskSequence.RequireClasses(settings, images);
        if (settings.Validation >= images.Train.Count)
            throw ImageData.TooManyHeldOut(images.Train.Count, settings.Validation);
        ImageData.RequireBatch(
            given,
            TaskSequence.FewestImages(settings, images),
            "training images of the smallest task"
        );
        kept?.RequireData(images.Fingerprint);
        if (settings.Network is { } network)
            ModelKind.Require(network, images);
        using var reserved = files.Reserve("continual", ContinualRecord.FileName);
        var record = kept ?? ContinualRecord.New(files.Out, settings, images.Fingerprint);
        torch.set_num_threads(settings.Threads);
        var run = new ContinualRun(settings, images, record);
        var isFinished = run.Run(terminal.Progress, terminal.Stop);
        if (!isFinished)
            SayStopped(record);
        Write(settings, images, run.Results);
        return isFinished ? ExitCode.Success : ExitCode.Stopped;
    }

    // A run that was stopped has the variants that it finished.
    private void Write(ContinualSettings settings, ImageData images, IReadOnlyList<VariantResult> results)
    {
        if (results.Count > 0)
            Show(terminal.Console, results);
        files.WriteMetrics(
            terminal,
            new()
            {
                ["command"] = "continual",
                ["scenario"] = settings.Scenario,
                ["tasks"] = settings.Tasks,
                ["options"] = SettingTable<ContinualSettings>.ToJson(settings),
                ["rows"] = new JsonArray([.. results.Select(result => result.ToJson())]),
                ["peak_rss_mb"] = MemoryUse.PeakMegabytes,
            }
        );
        if (results.Count > 0)
            files.WriteReport(terminal.Progress, () => ContinualReport.Of(settings, images.Fingerprint, results));
    }

    private void SayStopped(ContinualRecord record) =>
        terminal.Error.WriteLine(
            files.Folder is not { } folder
                ? "Stopped before all sequences were run; nothing was kept, since there is no --out."
            : record.HasSequences
                ? "Stopped before all sequences were run; the finished ones were kept: continue with "
                    + $"./foof continual --resume {folder}."
            : "Stopped before a sequence was finished: the same command starts again."
        );

    // Writes the accuracy matrix of each variant, and a table with a line for each.
    private static void Show(IAnsiConsole console, IReadOnlyList<VariantResult> results)
    {
        foreach (var result in results)
            WriteMatrix(console, result);
        var table = Tables.Of("variant", "strength", "accuracy", "forgetting", "kept MB", "s");
        foreach (var result in results)
            table.AddRow(
                result.Variant.Title,
                $"{result.Strength}",
                $"{result.AverageAccuracy:F4}",
                $"{result.Forgetting:F4}",
                $"{result.Chosen[0].Bytes / Megabyte:F1}",
                $"{result.Chosen.Average(one => one.Seconds):F1}"
            );
        console.Write(table);
        console.Profile.Out.Writer.WriteLine(
            "accuracy: the mean over tasks after the last one; forgetting: how far earlier tasks fell from their best."
        );
    }

    private static void WriteMatrix(IAnsiConsole console, VariantResult result)
    {
        var accuracy = result.Accuracy;
        string[] titles = [.. accuracy.Select((_, task) => $"on {task + 1}")];
        var table = Tables.Of("after task", titles);
        foreach (var (after, row) in accuracy.Index())
            table.AddRow([$"{after + 1}", .. row.Select(value => $"{value:F4}")]);
        console.Profile.Out.Writer.WriteLine($"{result.Variant.Title}: test accuracy");
        console.Write(table);
    }
}
