using Foof.Cli.Data;
using Foof.Cli.Engine;
using Foof.Cli.Models;
using Foof.Cli.Reports;
using Foof.Cli.Reports.Sections;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>The report about one run.</summary>
internal static class TrainingReport
{
    /// <summary>The report about a finished run. The model predicts the test images once more.</summary>
    internal static Report Of(
        TrainingSettings settings,
        long parameters,
        ImageData data,
        nn.Module<Tensor, Tensor> model,
        RunState state
    )
    {
        var kind = ModelKind.Find(settings.Model);
        var curve = new LearningCurve(settings.Optimizer, state.WarmUpSeconds, state.History)
        {
            Start = state.Start,
            Course = state.Course,
        };
        return new(
            $"{settings.Model} with {Say.Count(parameters)} parameters, trained",
            $"{settings.Optimizer} on {Name(settings)}",
            Lead(curve),
            [
                LossSection.Of(Course(curve), curve),
                .. kind.Classifies ? Confidence(model, data, settings) : [],
                SettingsSection.Of([new(settings, curve)]),
                Measured(Command(settings), settings, data.Fingerprint, [Machine.Description]).ToSection(Notes),
            ]
        );
    }

    /// <summary>The notes about losses and seconds.</summary>
    internal const string Notes =
        "Losses and accuracies are means over all training or test images after an epoch, and before the first for epoch 0; "
        + "losses of the batches are means over a twentieth of an epoch, each at the weights of its step. Seconds "
        + "are those of "
        + "the steps with their batches and of the statistics before the first step; evaluations "
        + "are left out.";

    /// <summary>The command of a run.</summary>
    internal static string Command(TrainingSettings settings) =>
        Measurement.Line("train", TrainingSettings.Table.Options(settings));

    /// <summary>The data set's short name.</summary>
    internal static string Name(TrainingSettings settings) => Path.GetFileName(settings.Data.TrimEnd('/'));

    /// <summary>The set-up of a run.</summary>
    internal static Measurement Measured(
        string command,
        TrainingSettings settings,
        string fingerprint,
        IReadOnlyList<string> machines
    )
    {
        var subset = settings.Subset is { } count ? $", the first {Say.Count(count)} training images" : "";
        return new(
            command,
            $"{Name(settings)} (fingerprint {fingerprint}){subset}, batches of {settings.BatchSize}",
            machines,
            settings.Device,
            settings.Threads,
            settings.Seed
        );
    }

    private static string Lead(LearningCurve curve)
    {
        var last = curve.Epochs[^1];
        var accuracy = last.TestAccuracy is { } share ? $", and {Say.Percent(share)} of the test images are right" : "";
        return $"After {Say.Many(curve.Epochs.Count, "epoch")} and {Say.Time(curve.Clock.Last())}, "
            + $"the test loss is "
            + $"{Say.Number(last.TestLoss)}{accuracy}.";
    }

    private static string Course(LearningCurve curve)
    {
        var best = curve.Epochs.MinBy(epoch => double.IsFinite(epoch.TestLoss) ? epoch.TestLoss : double.MaxValue)!;
        return $"The test loss is lowest, {Say.Number(best.TestLoss)}, after epoch {best.Epoch}; "
            + $"the training loss ends at {Say.Number(curve.Epochs[^1].TrainLoss)}.";
    }

    private static ReportSection[] Confidence(
        nn.Module<Tensor, Tensor> model,
        ImageData data,
        TrainingSettings settings
    )
    {
        using var probabilities = TestPredictions.Probabilities(model, data.Test);
        var predictions = TestPredictions.Of(probabilities, data.Test.Labels);
        return
        [
            ReliabilitySection.Of([new("network", Calibration.Reliability(probabilities, data.Test.Labels))]),
            ConfidenceSection.Of(predictions.Groups(data.Test, settings.Data)),
        ];
    }
}
