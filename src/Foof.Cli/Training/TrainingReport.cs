using Foof.Cli.Data;
using Foof.Cli.Engine;
using Foof.Cli.Models;
using Foof.Cli.Reports;
using Foof.Cli.Reports.Sections;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>What a page tells of one run.</summary>
internal static class TrainingReport
{
    /// <summary>Of a finished run; the model says once more what it thinks of the test images.</summary>
    internal static Report Of(
        TrainingOptions options,
        long parameters,
        ImageData data,
        nn.Module<Tensor, Tensor> model,
        RunState state
    )
    {
        var kind = ModelCatalogue.Find(options.Model);
        var curve = new LearningCurve(options.Optimizer, state.WarmUpSeconds, state.History);
        return new(
            $"{options.Model} with {Say.Count(parameters)} parameters, trained",
            $"{options.Optimizer} on {Name(options)}",
            Lead(curve),
            [
                LossSection.Of(Course(curve), curve),
                .. kind.Classifies ? Confidence(model, data, options) : [],
                SettingsSection.Of([Row(options, curve)]),
                Measured(
                        $"foof train --model {options.Model} --optimizer {options.Optimizer} "
                            + $"--epochs {options.Epochs}",
                        options,
                        data.Fingerprint,
                        [Machine.Description]
                    )
                    .ToSection(Notes),
            ]
        );
    }

    /// <summary>What the seconds are.</summary>
    internal const string Notes =
        "Losses and accuracies are means over all training or test images after an epoch. Seconds "
        + "are those of "
        + "the steps with their batches and of the statistics before the first step; evaluations "
        + "are left out.";

    /// <summary>The data set as a person calls it.</summary>
    internal static string Name(TrainingOptions options) => Path.GetFileName(options.Data.TrimEnd('/'));

    /// <summary>A run's row in the table of settings.</summary>
    internal static SettingsRow Row(TrainingOptions options, LearningCurve curve)
    {
        var kind = OptimizerCatalogue.Find(options.Optimizer);
        return new(options.Optimizer, options.LearningRate)
        {
            Damping = kind.HasCurvature ? options.Damping : null,
            Cadence = kind.HasCurvature ? (options.InvertEvery, options.StatisticsSteps) : null,
            Momentum = kind.HasMomentum ? options.Momentum : null,
            Curve = curve,
        };
    }

    /// <summary>What a run was measured with.</summary>
    internal static Measurement Measured(
        string command,
        TrainingOptions options,
        string fingerprint,
        IReadOnlyList<string> machines
    )
    {
        var subset = options.Subset is { } count ? $", the first {Say.Count(count)} training images" : "";
        return new(
            command,
            $"{Name(options)} (fingerprint {fingerprint}){subset}, batches of {options.BatchSize}",
            machines,
            options.Device,
            options.Threads,
            options.Seed
        );
    }

    private static string Lead(LearningCurve curve)
    {
        var last = curve.Epochs[^1];
        var accuracy = last.TestAccuracy is { } share
            ? $", and {Say.Percent(share)} of the test images are right"
            : "";
        return $"After {Say.Many(curve.Epochs.Count, "epoch")} and {Say.Time(curve.Clock.Last())}, "
            + $"the test loss is "
            + $"{Say.Number(last.TestLoss)}{accuracy}.";
    }

    private static string Course(LearningCurve curve)
    {
        var best = curve.Epochs.MinBy(epoch => epoch.TestLoss)!;
        return $"The test loss is lowest, {Say.Number(best.TestLoss)}, after epoch {best.Epoch}; "
            + $"the training loss ends at {Say.Number(curve.Epochs[^1].TrainLoss)}.";
    }

    private static ReportSection[] Confidence(
        nn.Module<Tensor, Tensor> model,
        ImageData data,
        TrainingOptions options
    )
    {
        using var probabilities = TestPredictions.Probabilities(model, data.Test);
        var predictions = TestPredictions.Of(probabilities, data.Test.Labels);
        return
        [
            ReliabilitySection.Of([new("network", Calibration.Reliability(probabilities, data.Test.Labels))]),
            ConfidenceSection.Of(predictions.Groups(data.Test, options.Data)),
        ];
    }
}
