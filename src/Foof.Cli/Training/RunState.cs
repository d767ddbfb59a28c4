using System.Text.Json;
using System.Text.Json.Serialization;

namespace Foof.Cli.Training;

/// <summary>How far a run is: finished epochs and the place in the one that is under way.</summary>
internal sealed class RunState
{
    /// <summary>The finished epochs.</summary>
    internal List<EpochResult> History { get; init; } = [];

    /// <summary>How long each step of the epoch under way took, in milliseconds.</summary>
    internal List<double> StepMilliseconds { get; init; } = [];

    /// <summary>Whether the optimiser has seen the batches of its warm-up.</summary>
    internal bool IsWarm { get; set; }

    /// <summary>How long that took; 0 where it was before a stop.</summary>
    internal double WarmUpSeconds { get; set; }

    /// <summary>The epoch under way, from 1.</summary>
    internal int Epoch => History.Count + 1;

    /// <summary>How many steps of that epoch are done.</summary>
    internal int Step => StepMilliseconds.Count;

    /// <summary>How long those steps took.</summary>
    internal double Seconds => StepMilliseconds.Sum() / 1000;

    /// <summary>The median of their milliseconds.</summary>
    internal double StepMsMedian
    {
        get
        {
            var sorted = StepMilliseconds.Order().ToArray();
            return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }

    /// <summary>Ends the epoch under way.</summary>
    internal void Finish(EpochResult result)
    {
        History.Add(result);
        StepMilliseconds.Clear();
    }
}

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

/// <summary>What a checkpoint says about its run beside the tensors.</summary>
/// <param name="Options">Everything that decides the run.</param>
/// <param name="Fingerprint">Of the data set.</param>
/// <param name="Epoch">The epoch under way, from 1.</param>
/// <param name="Step">How many of its steps are done.</param>
/// <param name="History">The finished epochs.</param>
internal sealed record RunRecord(
    TrainingSettings Options,
    string Fingerprint,
    int Epoch,
    int Step,
    IReadOnlyList<EpochResult> History
)
{
    /// <summary>As text.</summary>
    internal string ToJson() => JsonSerializer.Serialize(this);

    /// <summary>Reads such a text; null where it is none or contradicts itself.</summary>
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
