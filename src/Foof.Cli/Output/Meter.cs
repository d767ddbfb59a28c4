using System.Diagnostics;

namespace Foof.Cli.Output;

/// <summary>
/// Passes a position on to be shown, at most every so often, so that asking costs nearly nothing.
/// </summary>
/// <param name="pause">The least time between two that are shown.</param>
/// <param name="show">Shows how many steps are done, and some words.</param>
internal sealed class Meter(TimeSpan pause, Action<int, string> show)
{
    private long last = Stopwatch.GetTimestamp();

    /// <summary>Shows a position when enough time has passed; the words are made only then.</summary>
    internal void Show(int done, Func<string> words)
    {
        if (Stopwatch.GetElapsedTime(last) < pause)
            return;
        last = Stopwatch.GetTimestamp();
        show(done, words());
    }
}
