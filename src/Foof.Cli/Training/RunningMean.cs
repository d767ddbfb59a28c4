namespace Foof.Cli.Training;

/// <summary>A mean over recent values: each new one counts a fiftieth, or more while there are few.</summary>
internal struct RunningMean
{
    private const double Window = 50;

    private int count;

    /// <summary>The mean, or zero before the first value.</summary>
    internal double Value { get; private set; }

    /// <summary>Takes a value in.</summary>
    internal void Add(double value)
    {
        count++;
        Value += (value - Value) / Math.Min(count, Window);
    }
}
