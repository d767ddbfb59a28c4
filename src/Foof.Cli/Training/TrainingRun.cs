using System.Text.Json;
using System.Text.Json.Nodes;
using Foof.Cli.Data;
using Foof.Cli.Engine;
using Foof.Cli.Models;
using Foof.Cli.Output;
using Foof.Cli.Reports;
using Spectre.Console;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>A run from its plan to its table: all is checked before the first step.</summary>
internal sealed class TrainingRun(TrainingPlan plan, Terminal terminal)
{
    private static readonly JsonSerializerOptions Names = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    private readonly string? folder = plan.Out ?? plan.Resume;

    /// <summary>Trains, and returns the exit code.</summary>
    internal int Run()
    {
        using var checkpoint = plan.Resume is null ? null : Checkpoint.Load(plan.Resume);
        var options = Resolve(checkpoint);
        var kind = ModelCatalogue.Find(options.Model);
        var optimizer = OptimizerCatalogue.Find(options.Optimizer);
        var device = Devices.Find(options.Device);
        using var all = ReadData(options).To(device);
        Check(checkpoint, all, options);
        using var heldOut = options.Validation is { } count ? new HeldOut(all, count) : null;
        var data = heldOut?.Rest ?? all;
        set_num_threads(options.Threads);
        Note(options, optimizer, checkpoint);

        manual_seed(options.Seed).Dispose();
        using var model = ModelCatalogue.Build(options).to(device);
        using var learner = optimizer.Make(model, kind, options);
        var state = checkpoint?.Restore(model, learner) ?? new RunState();
        var trainer = new Trainer(options, data, kind, model, learner, state, folder);
        return trainer.Run(terminal.Progress, terminal.Stop)
            ? Finish(options, optimizer, data, model, state)
            : Stopped(state, Batches.CountOf(data.Train.Count, options.BatchSize));
    }

    private ImageData ReadData(TrainingOptions options) =>
        ImageData.Read(DataName(options), options.Subset, PixelScale.Find(options.Pixels));

    // Messages name the data as the user did.
    private string DataName(TrainingOptions options) => plan.Request.Data ?? options.Data;

    private TrainingOptions Resolve(Checkpoint? checkpoint) =>
        checkpoint is null
            ? plan.Request.Resolve()
            : plan.Request.Continue(checkpoint.Run.Options, checkpoint.Run.History.Count, plan.Resume!);

    private void Check(Checkpoint? checkpoint, ImageData data, TrainingOptions options)
    {
        if (checkpoint is not null && checkpoint.Run.Fingerprint != data.Fingerprint)
            throw new CommandFailure(
                $"The checkpoint in {plan.Resume} was made with other data than "
                    + $"{ImageData.Folder(DataName(options))}: name the same data by --data."
            );
        if (folder is not null)
            WritableFile.CheckFolder(plan.Out is null ? "--resume" : "--out", folder);
        MetricsFile.Check(plan.Metrics);
        ReportFile.Check(plan.Report);
    }

    private void Note(TrainingOptions options, OptimizerKind optimizer, Checkpoint? checkpoint)
    {
        foreach (var idle in plan.Request.Idle(optimizer))
            terminal.Error.WriteLine($"Note: {idle} means nothing to {optimizer.Name}.");
        if (checkpoint is null)
        {
            Replacing.Note(terminal, plan.Out, Checkpoint.FileName, "train");
            return;
        }
        var kept = checkpoint.Run;
        if (kept.Options.Threads != options.Threads)
            terminal.Error.WriteLine(
                $"Note: {options.Threads} threads instead of {kept.Options.Threads} may change the last bits."
            );
        if (options.Device != kept.Options.Device || options.Device != Devices.Cpu)
            terminal.Error.WriteLine(
                $"Note: on {options.Device} after {kept.Options.Device}, labels are drawn and sums rounded otherwise "
                    + "than in a run that was not stopped."
            );
        terminal.Progress.Line(
            $"Going on in epoch {kept.Epoch} after step {kept.Step} ({optimizer.Describe(options)})."
        );
    }

    private int Finish(
        TrainingOptions options,
        OptimizerKind optimizer,
        ImageData data,
        nn.Module<Tensor, Tensor> model,
        RunState state
    )
    {
        var parameters = model.parameters().Sum(parameter => parameter.numel());
        var peak = MemoryUse.PeakMegabytes;
        EpochTable.Write(terminal.Console, state.History);
        terminal.Progress.Line(
            $"{options.Model}, {parameters:N0} parameters, {optimizer.Describe(options)}; "
                + $"peak memory {peak:F0} MB"
        );
        MetricsFile.Write(
            terminal,
            plan.Metrics,
            new()
            {
                ["command"] = "train",
                ["model"] = options.Model,
                ["optimizer"] = options.Optimizer,
                ["options"] = JsonSerializer.SerializeToNode(options, Names),
                ["parameters"] = parameters,
                ["epochs"] = JsonSerializer.SerializeToNode(state.History),
                ["peak_rss_mb"] = peak,
            }
        );
        ReportFile.Write(
            plan.Report,
            terminal.Progress,
            () => TrainingReport.Of(options, parameters, data, model, state)
        );
        return ExitCode.Success;
    }

    private int Stopped(RunState state, int steps)
    {
        var place = $"Stopped after step {state.Step} of {steps} in epoch {state.Epoch}";
        var remedy =
            folder is null || plan.IsPassing ? "; nothing was kept, since there is no --out."
            : state.IsWarm && (state.Step > 0 || state.Epoch > 1)
                ? $"; go on with: ./foof train --resume {folder}"
            : ", before anything was learnt; start again.";
        terminal.Error.WriteLine(place + remedy);
        return ExitCode.Stopped;
    }
}
