using System.Diagnostics;

namespace Foof.Cli.Bench;

/// <summary>Adds up the times of a step's phases while it listens. A phase within another one does not count twice.</summary>
internal sealed class PhaseClock
{
    /// <summary>The phases in their order.</summary>
    internal static IReadOnlyList<string> Names { get; } =
    ["forward", "backward", "statistics", "inversion", "direction", "update"];

    private readonly Dictionary<string, double> milliseconds = Names.ToDictionary(name => name, _ => 0.0);

    /// <summary>The milliseconds of each phase so far.</summary>
    internal IReadOnlyDictionary<string, double> Milliseconds => milliseconds;

    /// <summary>Listens until the result is disposed.</summary>
    internal IDisposable Listen()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Phase.Source.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.Parent is null && milliseconds.ContainsKey(activity.OperationName))
                    milliseconds[activity.OperationName] += activity.Duration.TotalMilliseconds;
            },
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
