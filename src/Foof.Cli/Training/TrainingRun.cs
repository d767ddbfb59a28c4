using System.Text.Json;
using System.Text.Json.Nodes;
using Foof.Cli.Data;
using Foof.Cli.Engine;
using Foof.Cli.Models;
using Foof.Cli.Output;
using Foof.Cli.Settings;
using Spectre.Console;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary><c>foof train</c>. Everything is checked before the first step.</summary>
internal sealed class TrainingRun(Given given, Files files, Terminal terminal)
{
    /// <summary>Whether the folder is removed after the command, so that no run can be resumed from it.</summary>
    internal bool IsPassing { get; init; }

    /// <summary>Whether the caller has reserved the folder.</summary>
    internal bool IsReserved { get; init; }

    /// <summary>Trains, and returns the exit code.</summary>
    internal int Run()
    {
        using var checkpoint = files.Resume is null ? null : Checkpoint.Load(files.Resume);
        var settings = checkpoint is null ? TrainingSettings.Read(given) : Resumed(checkpoint.Run);
        var kind = ModelKind.Find(settings.Model);
        var optimizer = OptimizerKind.Find(settings.Optimizer);
        var device = Devices.Find(settings.Device);
        // Messages name the data as the user did.
        var name = given.Text("--data") ?? settings.Data;
        using var data = new RunData(name, settings, device);
        ImageData.RequireBatch(given, data.Rest.Train.Count);
        if (checkpoint is not null && checkpoint.Run.Fingerprint != data.Rest.Fingerprint)
            throw new CommandFailure(
                $"The checkpoint in {files.Resume} was made with other data than "
                    + $"{ImageData.Folder(name)}: name the same data by --data."
            );
        ModelKind.Require(settings, data.Rest);
        MemoryNeed.Require(settings, data.Rest.Shape);
        using var reserved = IsReserved ? null : files.Reserve("train", Checkpoint.FileName, Checkpoint.ModelFileName);
        set_num_threads(settings.Threads);
        Note(settings, optimizer, checkpoint);

        manual_seed(settings.Seed).Dispose();
        using var model = ModelKind.Build(settings, data.Rest.Shape).to(device);
        using var learner = optimizer.Make(model, kind, settings);
        if (learner.Uncovered is { } uncovered)
            terminal.Error.WriteLine($"Note: {uncovered}");
        var state = checkpoint?.Restore(model, learner) ?? new RunState();
        var trainer = new EpochTrainer(settings, data.Rest, kind, model, learner, state, files.Folder)
        {
            MeasuresStart = files.Report is not null || files.Folder is not null && !IsPassing,
        };
        var isFinished = trainer.Run(terminal.Progress, terminal.Stop);
        if (isFinished)
            Show(state.History);
        else
            SayStopped(state, Batches.CountOf(data.Rest.Train.Count, settings.BatchSize));
        Write(settings, optimizer, data.Rest, model, learner, state);
        return isFinished ? ExitCode.Success : ExitCode.Stopped;
    }

    private TrainingSettings Resumed(RunRecord run)
    {
        var settings = TrainingSettings.Table.Resume(run.Options, given, files.Resume!);
        return settings.Epochs >= run.History.Count
            ? settings
            : throw new CommandFailure(
                $"--epochs must be at least {run.History.Count}, the finished epochs of the run in {files.Resume}; got "
                    + $"{settings.Epochs}: raise it to continue.",
                ExitCode.Usage
            );
    }

    private void Note(TrainingSettings settings, OptimizerKind optimizer, Checkpoint? checkpoint)
    {
        foreach (var idle in TrainingSettings.Table.Idle(given, settings))
            terminal.Error.WriteLine($"Note: {idle} has no effect with {optimizer.Name}.");
        if (checkpoint is null)
            return;
        var kept = checkpoint.Run;
        if (kept.Options.Threads != settings.Threads)
            terminal.Error.WriteLine(
                $"Note: {settings.Threads} threads instead of {kept.Options.Threads} may change the last bits."
            );
        if (settings.Device != kept.Options.Device || settings.Device != Devices.Cpu)
            terminal.Error.WriteLine(
                $"Note: on {settings.Device} after {kept.Options.Device}, labels are drawn and sums rounded otherwise "
                    + "than in a run that was not stopped."
            );
        terminal.Progress.Line(
            kept.Epoch > settings.Epochs
                ? $"The run in {files.Resume} is finished: raise --epochs to continue."
                : $"Continuing in epoch {kept.Epoch} after step {kept.Step} ({optimizer.Describe(settings)})."
        );
    }

    // A run that was stopped has the epochs that it finished.
    private void Write(
        TrainingSettings settings,
        OptimizerKind optimizer,
        ImageData data,
        nn.Module<Tensor, Tensor> model,
        ILearner learner,
        RunState state
    )
    {
        var parameters = model.parameters().Sum(parameter => parameter.numel());
        var peak = MemoryUse.PeakMegabytes;
        terminal.Progress.Line(
            $"{settings.Model}, {parameters:N0} parameters, {optimizer.Describe(settings)}; "
                + $"peak memory {peak:F0} MB"
        );
        files.WriteMetrics(
            terminal,
            new()
            {
                ["command"] = "train",
                ["model"] = settings.Model,
                ["optimizer"] = settings.Optimizer,
                ["options"] = SettingTable<TrainingSettings>.ToJson(settings),
                ["parameters"] = parameters,
                ["plain_parameters"] = new JsonArray([
                    .. learner.Coverage.Where(line => line.Treatment.IsPlain).Select(line => (JsonNode)line.Parameter),
                ]),
                ["epochs"] = JsonSerializer.SerializeToNode(state.History),
                ["peak_rss_mb"] = peak,
            }
        );
        if (state.History.Count > 0)
            files.WriteReport(terminal.Progress, () => TrainingReport.Of(settings, parameters, data, model, state));
    }

    // Models without classes have no accuracy.
    private void Show(IReadOnlyList<EpochResult> epochs)
    {
        var classifies = epochs.Any(epoch => epoch.TestAccuracy is not null);
        string[] accuracy = classifies ? ["test accuracy"] : [];
        var table = new Table().Border(TableBorder.Rounded);
        string[] titles = ["epoch", "train loss", "test loss", .. accuracy, "seconds", "ms/step"];
        foreach (var title in titles)
            table.AddColumn(new TableColumn(title).RightAligned());
        foreach (var epoch in epochs)
        {
            string[] share = classifies ? [$"{epoch.TestAccuracy:F4}"] : [];
            table.AddRow([
                $"{epoch.Epoch}",
                Tables.Loss(epoch.TrainLoss),
                Tables.Loss(epoch.TestLoss),
                .. share,
                $"{epoch.Seconds:F1}",
                $"{epoch.StepMsMedian:F2}",
            ]);
        }
        terminal.Console.Write(table);
    }

    private void SayStopped(RunState state, int steps)
    {
        var place = $"Stopped after step {state.Step} of {steps} in epoch {state.Epoch}";
        var remedy =
            files.Folder is not { } folder || IsPassing ? "; nothing was kept, since there is no --out."
            : state.IsWarm && (state.Step > 0 || state.Epoch > 1) ? $"; continue with: ./foof train --resume {folder}"
            : ", before anything was learnt; start again.";
        terminal.Error.WriteLine(place + remedy);
    }
}
