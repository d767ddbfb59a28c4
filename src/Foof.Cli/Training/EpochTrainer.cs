using System.Diagnostics;
using System.Runtime.InteropServices;
using Foof.Cli.Data;
using Foof.Cli.Models;
using Foof.Cli.Output;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>Runs the epochs that are left, evaluates after each, and writes checkpoints.</summary>
/// <param name="settings">Everything that decides the run.</param>
/// <param name="data">The images.</param>
/// <param name="kind">What kind of model it is.</param>
/// <param name="model">The model.</param>
/// <param name="learner">The optimiser at work on it.</param>
/// <param name="state">The position in the run, which moves on with it.</param>
/// <param name="folder">The folder for checkpoints; null if none are written.</param>
internal sealed class EpochTrainer(
    TrainingSettings settings,
    ImageData data,
    ModelKind kind,
    nn.Module<Tensor, Tensor> model,
    ILearner learner,
    RunState state,
    string? folder
)
{
    private const int Points = 20;

    private readonly int steps = Batches.CountOf(data.Train.Count, settings.BatchSize);
    private TimeLeft time = new();
    private double recentLoss;
    private int recentSteps;

    /// <summary>Whether the losses before the first step are measured, which a report shows.</summary>
    internal bool MeasuresStart { get; init; }

    /// <summary>Trains until all epochs are finished or the user stops the run.</summary>
    /// <returns>Whether all epochs are finished.</returns>
    /// <exception cref="CommandFailure">The numbers failed; the last checkpoint remains.</exception>
    internal bool Run(IProgressView progress, CancellationToken stop)
    {
        // A run that was killed after its last checkpoint may lack its model.
        if (folder is not null && state.Epoch > settings.Epochs)
            SaveModel(folder);
        if (MeasuresStart && state is { Epoch: 1, Step: 0, Start: null })
            state.Start = Measure(0, stop);
        state.IsWarm |= learner.WarmUpBatches == 0;
        if (!state.IsWarm)
            progress.Track("warm-up", learner.WarmUpBatches, meter => WarmUp(meter, stop));
        time = new();
        while (state.Epoch <= settings.Epochs && !stop.IsCancellationRequested)
        {
            progress.Track($"epoch {state.Epoch}/{settings.Epochs}", steps, meter => Train(meter, stop));
            if (!stop.IsCancellationRequested && Evaluate(stop) is { } result)
            {
                state.Finish(result);
                Save(isEpochEnd: true);
                progress.Line(Describe(result));
            }
        }
        if (state.Epoch > settings.Epochs)
            return true;
        if (state.IsWarm && state.Step > 0)
            Save(isEpochEnd: false);
        return false;
    }

    // If the user stops the warm-up, nothing is written, since only a few seconds are lost.
    private void WarmUp(Meter meter, CancellationToken stop)
    {
        using var batches = new Batches(data.Train, settings.BatchSize, settings.Seed, pass: 0);
        var seen = 0;
        model.train();
        var start = Stopwatch.GetTimestamp();
        try
        {
            learner.WarmUp(batches.Images(learner.WarmUpBatches).Select(Seen));
            state.WarmUpSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            state.IsWarm = true;
        }
        catch (OperationCanceledException) { }
        catch (NumericalFailure failure)
        {
            throw new CommandFailure($"Training stopped in the warm-up: {failure.Message}");
        }

        Tensor Seen(Tensor images)
        {
            stop.ThrowIfCancellationRequested();
            meter.Show(seen++, () => "statistics before the first step");
            return images;
        }
    }

    private void Train(Meter meter, CancellationToken stop)
    {
        using var batches = new Batches(data.Train, settings.BatchSize, settings.Seed, state.Epoch);
        var (loss, accuracy, milliseconds) = (new RunningMean(), new RunningMean(), new RunningMean());
        model.train();
        while (state.Step < steps && !stop.IsCancellationRequested)
        {
            var start = Stopwatch.GetTimestamp();
            Step(batches, ref loss, ref accuracy);
            var elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            milliseconds.Add(elapsed);
            state.StepMilliseconds.Add(elapsed);
            time.Add();
            Note();
            meter.Show(state.Step, () => Describe(loss.Value, accuracy.Value, milliseconds.Value));
        }
    }

    private void Step(Batches batches, ref RunningMean loss, ref RunningMean accuracy)
    {
        using var scope = NewDisposeScope();
        var (images, labels) = batches[state.Step];
        try
        {
            var outcome = learner.Step(images, kind.Target(images, labels, data.Train.Scale));
            loss.Add(outcome.Loss);
            recentLoss += outcome.Loss;
            recentSteps++;
            if (kind.Classifies)
                accuracy.Add((double)ModelKind.Correct(outcome.Output, labels) / labels.shape[0]);
        }
        catch (NumericalFailure failure)
        {
            throw new CommandFailure(
                $"Training stopped at step {state.Step + 1} of epoch {state.Epoch}: {failure.What}; "
                    + $"{failure.Remedy}.{Kept()}"
            );
        }
        // libtorch refuses numbers that are too large for their type, and more memory than there is.
        catch (ExternalException failure)
        {
            throw new CommandFailure(
                $"Training stopped at step {state.Step + 1} of epoch {state.Epoch}: libtorch refused it "
                    + $"({failure.Message.Split('\n', 2)[0].TrimEnd('.')}); lower --learning-rate or --batch-size.{Kept()}"
            );
        }
    }

    // The mean loss of each twentieth of an epoch.
    private void Note()
    {
        if (state.Step < steps && state.Step * Points / steps == (state.Step - 1) * Points / steps)
            return;
        var seconds = state.WarmUpSeconds + state.History.Sum(epoch => epoch.Seconds) + state.Seconds;
        state.Course.Add(new(state.Epoch - 1 + (double)state.Step / steps, seconds, recentLoss / recentSteps));
        (recentLoss, recentSteps) = (0, 0);
    }

    private EpochResult? Evaluate(CancellationToken stop)
    {
        if (Measure(state.Epoch, stop) is not { } result)
            return null;
        if (!double.IsFinite(result.TrainLoss + result.TestLoss))
            throw new CommandFailure(
                $"Training stopped after step {state.Step} of epoch {state.Epoch}: "
                    + $"the loss over all images is {result.TrainLoss}; lower --learning-rate.{Kept()}"
            );
        return result with { Seconds = state.Seconds, StepMsMedian = state.StepMsMedian };
    }

    private EpochResult? Measure(int epoch, CancellationToken stop)
    {
        var train = Evaluation.Of(model, kind, data.Train, stop);
        var test = train is null ? null : Evaluation.Of(model, kind, data.Test, stop);
        return train is null || test is null ? null : new(epoch, train.Loss, test.Loss, test.Accuracy, 0, 0);
    }

    private string Kept() =>
        folder is not null && File.Exists(Checkpoint.File(folder)) ? $" {Checkpoint.File(folder)} is as it was."
        : folder is not null ? " There is no checkpoint yet."
        : "";

    private void Save(bool isEpochEnd)
    {
        if (folder is null)
            return;
        var run = new RunRecord(
            settings,
            data.Fingerprint,
            state.Epoch,
            state.Step,
            state.History,
            state.Start,
            state.Course
        );
        var file = Checkpoint.File(folder);
        var old = File.Exists(file) ? "the one of the last save is kept" : "no earlier one exists";
        var remedy = File.Exists(file) ? $"and continue by ./foof train --resume {folder}" : "and start again";
        Files.Writing(file, $"{old}: make room, {remedy}", () => Checkpoint.Save(folder, run, state, model, learner));
        if (isEpochEnd)
            SaveModel(folder);
    }

    private void SaveModel(string path) =>
        Files.Writing(
            Path.Combine(path, Checkpoint.ModelFileName),
            $"{Checkpoint.File(path)} has its weights: make room, and continue by ./foof train --resume {path}",
            () => Checkpoint.SaveModel(path, settings.Model, model)
        );

    private string Describe(double loss, double accuracy, double milliseconds) =>
        kind.Classifies
            ? $"loss {Tables.Loss(loss)}, accuracy {accuracy:F3}, {milliseconds:F1} ms/step{Left()}"
            : $"loss {Tables.Loss(loss)}, {milliseconds:F1} ms/step{Left()}";

    // What is left of the whole run, by the steps and evaluations of this process so far.
    private string Left() => time.Of(", ", (settings.Epochs - state.Epoch + 1L) * steps - state.Step);

    private string Describe(EpochResult result)
    {
        var accuracy = result.TestAccuracy is { } value ? $", test accuracy {value:F4}" : "";
        return $"epoch {result.Epoch}/{settings.Epochs}: train loss {Tables.Loss(result.TrainLoss)}, "
            + $"test loss {Tables.Loss(result.TestLoss)}{accuracy}, {result.Seconds:F1} s, "
            + $"{result.StepMsMedian:F2} ms/step{Left()}";
    }
}

/// <summary>A mean over recent values. A new value counts one fiftieth, or more while there are few values.</summary>
internal struct RunningMean
{
    private const double Window = 50;

    private int count;

    /// <summary>The mean; zero before the first value.</summary>
    internal double Value { get; private set; }

    /// <summary>Adds a value.</summary>
    internal void Add(double value)
    {
        count++;
        Value += (value - Value) / Math.Min(count, Window);
    }
}
