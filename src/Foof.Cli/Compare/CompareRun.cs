using Foof.Cli.Data;
using Foof.Cli.Engine;
using Foof.Cli.Models;
using Foof.Cli.Output;
using Foof.Cli.Settings;
using Foof.Cli.Training;
using static TorchSharp.torch;

namespace Foof.Cli.Compare;

/// <summary><c>foof compare</c>. Everything is checked before the first step.</summary>
internal sealed class CompareRun(Given given, Files files, Terminal terminal)
{
    /// <summary>Trains the runs that are not finished yet, and returns the exit code.</summary>
    internal int Run()
    {
        var grid = CompareSettings.Grid(given);
        var device = Devices.Find(grid[0].Device);
        using var images = new RunData(given.Text("--data") ?? grid[0].Data, grid[0], device);
        var data = images.Rest;
        ImageData.RequireBatch(given, data.Train.Count);
        foreach (var settings in grid)
        {
            ModelKind.Require(settings, data);
            MemoryNeed.Require(settings, data.Shape);
        }
        using var reserved = files.Reserve(null);
        var table = RunTable.Open(files.Out, data.Fingerprint);
        set_num_threads(grid[0].Threads);

        var time = new TimeLeft();
        foreach (var (place, settings) in grid.Index())
        {
            var run = table.Find(settings);
            var left = grid.Skip(place).Count(one => table.Find(one) is null);
            terminal.Progress.Line(
                Announce(settings, place, grid.Count, run is not null) + (run is null ? time.Of("; ", left) : "")
            );
            if (run is null)
            {
                run = Train(settings, data, device);
                if (run is null)
                    return Stopped(table, grid, place);
                table.Add(run);
                time.Add();
            }
            if (run.Failure is { } failure)
                terminal.Error.WriteLine($"Note: {run.Options.Optimizer} has no result: {failure}");
        }
        return Finish(table.Of(grid));
    }

    private static string Announce(TrainingSettings settings, int place, int count, bool isDone) =>
        $"Run {place + 1} of {count}: {OptimizerKind.Find(settings.Optimizer).Describe(settings)}"
        + (isDone ? " (finished before)" : "");

    private FinishedRun? Train(TrainingSettings settings, ImageData data, Device device) =>
        new SingleRun(settings, data, device)
        {
            MeasuresStart = files.Report is not null || files.Out is not null,
        }.Train(terminal.Progress, terminal.Stop);

    private int Finish(Comparison comparison)
    {
        Write(comparison);
        return comparison.Best.Count > 0
            ? ExitCode.Success
            : throw new CommandFailure("Every run diverged: lower --learning-rate or raise --damping.");
    }

    // A comparison that was stopped has the runs that are finished.
    private void Write(Comparison comparison)
    {
        if (comparison.Runs.Count > 0)
            comparison.Write(terminal.Console);
        files.WriteMetrics(terminal, comparison.ToJson(MemoryUse.PeakMegabytes));
        if (comparison.Best.Count > 0)
            files.WriteReport(terminal.Progress, () => CompareReport.Of(comparison, CompareSettings.Command(given)));
    }

    private int Stopped(RunTable table, IReadOnlyList<TrainingSettings> grid, int place)
    {
        var finished = table.Of(grid);
        var remedy =
            files.Out is null ? "nothing was kept, since there is no --out."
            : finished.Runs.Count == 0 ? "no run is finished: the same command starts again."
            : $"the finished ones are in {Path.Combine(files.Out, RunTable.FileName)}: the same "
                + "command continues.";
        terminal.Error.WriteLine($"Stopped in run {place + 1} of {grid.Count}; {remedy}");
        Write(finished);
        return ExitCode.Stopped;
    }
}
