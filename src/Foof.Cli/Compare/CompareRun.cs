using System.Diagnostics;
using Foof.Cli.Data;
using Foof.Cli.Engine;
using Foof.Cli.Models;
using Foof.Cli.Output;
using Foof.Cli.Reports;
using Foof.Cli.Settings;
using Foof.Cli.Training;
using TorchSharp;
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
        using var reserved = files.Reserve(null);
        var table = RunTable.Open(files.Out, data.Fingerprint);
        set_num_threads(grid[0].Threads);

        var runs = new List<FinishedRun>();
        var (start, trained) = (Stopwatch.GetTimestamp(), 0);
        foreach (var (place, settings) in grid.Index())
        {
            var run = table.Find(settings);
            var seconds = trained == 0 ? 0 : Stopwatch.GetElapsedTime(start).TotalSeconds / trained;
            var count = grid.Skip(place).Count(one => table.Find(one) is null);
            var left = seconds * count == 0 || run is not null ? "" : $"; {Say.Time(seconds * count)} left";
            terminal.Progress.Line(Announce(settings, place, grid.Count, run is not null) + left);
            if (run is null)
            {
                run = Train(settings, data, device);
                if (run is null)
                    return Stopped(runs.Count, grid.Count);
                table.Add(run);
                trained++;
            }
            if (run.Failure is { } failure)
                terminal.Error.WriteLine($"Note: {run.Options.Optimizer} has no result: {failure}");
            runs.Add(run);
        }
        return Finish(new(runs));
    }

    private static string Announce(TrainingSettings settings, int place, int count, bool isDone) =>
        $"Run {place + 1} of {count}: {OptimizerKind.Find(settings.Optimizer).Describe(settings)}"
        + (isDone ? " (finished before)" : "");

    // A run that diverges is a result too, so the grid continues.
    private FinishedRun? Train(TrainingSettings settings, ImageData data, Device device)
    {
        var kind = ModelKind.Find(settings.Model);
        manual_seed(settings.Seed).Dispose();
        using var model = ModelKind.Build(settings).to(device);
        using var learner = OptimizerKind.Find(settings.Optimizer).Make(model, kind, settings);
        var state = new RunState();
        string? failure = null;
        try
        {
            var trainer = new EpochTrainer(settings, data, kind, model, learner, state, folder: null)
            {
                MeasuresStart = files.Report is not null || files.Out is not null,
            };
            if (!trainer.Run(terminal.Progress, terminal.Stop))
                return null;
        }
        catch (CommandFailure diverged)
        {
            failure = diverged.Message;
        }
        return new(
            settings,
            data.Fingerprint,
            Machine.Description,
            model.parameters().Sum(parameter => parameter.numel()),
            state.WarmUpSeconds,
            state.History,
            failure,
            state.Start,
            state.Course
        );
    }

    private int Finish(Comparison comparison)
    {
        comparison.Write(terminal.Console);
        files.WriteMetrics(terminal, comparison.ToJson(MemoryUse.PeakMegabytes));
        if (comparison.Best.Count == 0)
            throw new CommandFailure("Every run diverged: lower --learning-rate or raise --damping.");
        files.WriteReport(terminal.Progress, () => CompareReport.Of(comparison, CompareSettings.Command(given)));
        return ExitCode.Success;
    }

    private int Stopped(int done, int count)
    {
        var remedy =
            files.Out is null ? "nothing was kept, since there is no --out."
            : done == 0 ? "no run is finished: the same command starts again."
            : $"the finished ones are in {Path.Combine(files.Out, RunTable.FileName)}: the same "
                + "command continues.";
        terminal.Error.WriteLine($"Stopped in run {done + 1} of {count}; {remedy}");
        return ExitCode.Stopped;
    }
}
