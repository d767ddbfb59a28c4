using System.Text.Json.Serialization;

namespace Foof.Cli.Training;

/// <summary>One epoch in numbers; losses are means over data points after it.</summary>
/// <param name="Epoch">Which, from 1.</param>
/// <param name="TrainLoss">The loss over all training images.</param>
/// <param name="TestLoss">The loss over all test images.</param>
/// <param name="TestAccuracy">The share of test images that get the right class, or null.</param>
/// <param name="Seconds">How long its steps took, without the evaluation after them.</param>
/// <param name="StepMsMedian">The median of a step's milliseconds, its batch included.</param>
internal sealed record EpochResult(
    [property: JsonPropertyName("epoch")] int Epoch,
    [property: JsonPropertyName("train_loss")] double TrainLoss,
    [property: JsonPropertyName("test_loss")] double TestLoss,
    [property: JsonPropertyName("test_accuracy")] double? TestAccuracy,
    [property: JsonPropertyName("seconds")] double Seconds,
    [property: JsonPropertyName("step_ms_median")] double StepMsMedian
);
