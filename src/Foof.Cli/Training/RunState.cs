using System.Text.Json;
using System.Text.Json.Serialization;

namespace Foof.Cli.Training;

/// <summary>The position in a run: the finished epochs, and the steps of the current one.</summary>
internal sealed class RunState
{
    /// <summary>The finished epochs.</summary>
    internal List<EpochResult> History { get; init; } = [];

    /// <summary>The milliseconds of each finished step of the current epoch.</summary>
    internal List<double> StepMilliseconds { get; init; } = [];

    /// <summary>What was measured before the first step, as an epoch 0; null if it was not.</summary>
    internal EpochResult? Start { get; set; }

    /// <summary>Losses of the batches within epochs.</summary>
    internal List<CoursePoint> Course { get; init; } = [];

    /// <summary>Whether the optimiser has seen the batches of its warm-up.</summary>
    internal bool IsWarm { get; set; }

    /// <summary>The duration of the warm-up; 0 if the run was resumed after it.</summary>
    internal double WarmUpSeconds { get; set; }

    /// <summary>The number of the current epoch, from 1.</summary>
    internal int Epoch => History.Count + 1;

    /// <summary>How many steps of the current epoch are finished.</summary>
    internal int Step => StepMilliseconds.Count;

    /// <summary>The seconds that those steps took.</summary>
    internal double Seconds => StepMilliseconds.Sum() / 1000;

    /// <summary>The median of the milliseconds of those steps.</summary>
    internal double StepMsMedian
    {
        get
        {
            var sorted = StepMilliseconds.Order().ToArray();
            return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }

    /// <summary>Ends the current epoch.</summary>
    internal void Finish(EpochResult result)
    {
        History.Add(result);
        StepMilliseconds.Clear();
    }
}

/// <summary>The results of an epoch. Losses are means over data points, measured after it.</summary>
/// <param name="Epoch">Its number, from 1.</param>
/// <param name="TrainLoss">The loss over all training images.</param>
/// <param name="TestLoss">The loss over all test images.</param>
/// <param name="TestAccuracy">The share of test images with the right class; null for a model without classes.</param>
/// <param name="Seconds">The seconds of its steps, without the evaluation after them.</param>
/// <param name="StepMsMedian">The median of the milliseconds of a step, including its batch.</param>
internal sealed record EpochResult(
    [property: JsonPropertyName("epoch")] int Epoch,
    [property: JsonPropertyName("train_loss")] double TrainLoss,
    [property: JsonPropertyName("test_loss")] double TestLoss,
    [property: JsonPropertyName("test_accuracy")] double? TestAccuracy,
    [property: JsonPropertyName("seconds")] double Seconds,
    [property: JsonPropertyName("step_ms_median")] double StepMsMedian
);

/// <summary>A mean loss of the batches of a twentieth of an epoch.</summary>
/// <param name="Epochs">The epochs from the start of the run to the last of these batches.</param>
/// <param name="Seconds">The seconds until then, without evaluations.</param>
/// <param name="Loss">The mean loss.</param>
internal sealed record CoursePoint(double Epochs, double Seconds, double Loss);

/// <summary>The part of a checkpoint that is not a tensor.</summary>
/// <param name="Options">Everything that decides the run.</param>
/// <param name="Fingerprint">The fingerprint of the data set.</param>
/// <param name="Epoch">The number of the current epoch, from 1.</param>
/// <param name="Step">How many of its steps are finished.</param>
/// <param name="History">The finished epochs.</param>
/// <param name="Start">What was measured before the first step; null if it was not.</param>
/// <param name="Course">Losses of the batches within epochs; null in files of earlier versions.</param>
internal sealed record RunRecord(
    TrainingSettings Options,
    string Fingerprint,
    int Epoch,
    int Step,
    IReadOnlyList<EpochResult> History,
    EpochResult? Start = null,
    IReadOnlyList<CoursePoint>? Course = null
)
{
    /// <summary>The record as JSON.</summary>
    internal string ToJson() => JsonSerializer.Serialize(this);

    /// <summary>The record in a JSON text; null if the text does not have a possible one.</summary>
    internal static RunRecord? FromJson(string text)
    {
        try
        {
            var record = JsonSerializer.Deserialize<RunRecord>(text);
            return
                record is { Options: not null, History: not null, Fingerprint: not null, Step: >= 0 }
                && record.Epoch == record.History.Count + 1
                && TrainingSettings.Table.IsPossible(record.Options)
                ? record
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
