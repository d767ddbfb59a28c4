using Foof.Cli.Output;

namespace Foof.Cli.Tests;

/// <summary>
/// Stops a command, as Ctrl-C does, when it begins a certain piece of work, and records what it began.
/// </summary>
internal sealed class StopAt(string? title, CancellationTokenSource source) : IProgressView
{
    /// <summary>What was begun.</summary>
    internal List<string> Titles { get; } = [];

    /// <summary>The lines that stay.</summary>
    internal List<string> Lines { get; } = [];

    public void Track(string begun, int total, Action<Meter> work)
    {
        Titles.Add(begun);
        if (begun == title)
            source.Cancel();
        work(new Meter(TimeSpan.Zero, (_, _) => { }));
    }

    public void Line(string text) => Lines.Add(text);
}
