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
