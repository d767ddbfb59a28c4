using Foof.Cli.Data;
using Foof.Cli.Engine;
using Foof.Cli.Models;
using Foof.Cli.Output;
using Foof.Cli.Reports;
using Foof.Cli.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Compare;

/// <summary>A comparison from its plan to its table and page: all is checked before the first step.</summary>
internal sealed class CompareRun(ComparePlan plan, Terminal terminal)
{
    /// <summary>Makes the runs that lack, and returns the exit code.</summary>
    internal int Run()
    {
        var grid = plan.Grid();
        var device = Devices.Find(grid[0].Device);
        using var all = ImageData
            .Read(plan.Request.Data ?? grid[0].Data, grid[0].Subset, PixelScale.Find(grid[0].Pixels))
            .To(device);
        using var heldOut = grid[0].Validation is { } count ? new HeldOut(all, count) : null;
        var data = heldOut?.Rest ?? all;
        if (plan.Out is not null)
            WritableFile.CheckFolder("--out", plan.Out);
        MetricsFile.Check(plan.Metrics);
        ReportFile.Check(plan.Report);
        var table = RunTable.Open(plan.Out, data.Fingerprint);
        set_num_threads(grid[0].Threads);

        var runs = new List<FinishedRun>();
        foreach (var (place, options) in grid.Index())
        {
            var run = table.Find(options);
            terminal.Progress.Line(Announce(options, place, grid.Count, run is not null));
            if (run is null)
            {
                run = Train(options, data, device);
                if (run is null)
                    return Stopped(runs.Count, grid.Count);
                table.Add(run);
            }
            if (run.Failure is { } failure)
                terminal.Error.WriteLine($"Note: {run.Options.Optimizer} has no result: {failure}");
            runs.Add(run);
        }
        return Finish(new(runs));
    }

    private static string Announce(TrainingOptions options, int place, int count, bool isDone) =>
        $"Run {place + 1} of {count}: {OptimizerCatalogue.Find(options.Optimizer).Describe(options)}"
        + (isDone ? " (finished before)" : "");

    // A run that diverges is a result too: the grid goes on.
    private FinishedRun? Train(TrainingOptions options, ImageData data, Device device)
    {
        var kind = ModelCatalogue.Find(options.Model);
        manual_seed(options.Seed).Dispose();
        using var model = ModelCatalogue.Build(options).to(device);
        using var learner = OptimizerCatalogue.Find(options.Optimizer).Make(model, kind, options);
        var state = new RunState();
        string? failure = null;
        try
        {
            var trainer = new Trainer(options, data, kind, model, learner, state, folder: null);
            if (!trainer.Run(terminal.Progress, terminal.Stop))
                return null;
        }
        catch (CommandFailure diverged)
        {
            failure = diverged.Message;
        }
        return new(
            options,
            data.Fingerprint,
            Machine.Description,
            model.parameters().Sum(parameter => parameter.numel()),
            state.WarmUpSeconds,
            state.History,
            failure
        );
    }

    private int Finish(Comparison comparison)
    {
        CompareTable.Write(terminal.Console, comparison);
        MetricsFile.Write(terminal, plan.Metrics, comparison.ToJson(MemoryUse.PeakMegabytes));
        if (comparison.Best.Count == 0)
            throw new CommandFailure("Every run diverged: lower --learning-rate or raise --damping.");
        ReportFile.Write(plan.Report, terminal.Progress, () => CompareReport.Of(comparison));
        return ExitCode.Success;
    }

    private int Stopped(int done, int count)
    {
        var remedy =
            plan.Out is null ? "nothing was kept, since there is no --out."
            : done == 0 ? "none is finished: the same command starts again."
            : $"the finished ones are in {Path.Combine(plan.Out, RunTable.FileName)}: the same "
                + "command goes on.";
        terminal.Error.WriteLine($"Stopped in run {done + 1} of {count}; {remedy}");
        return ExitCode.Stopped;
    }
}
