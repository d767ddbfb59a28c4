namespace Foof.Cli.Output;

/// <summary>Progress that nobody wants to see.</summary>
internal sealed class NoProgress : IProgressView
{
    /// <inheritdoc/>
    public void Track(string title, int total, Action<Meter> work) =>
        work(new Meter(TimeSpan.MaxValue, (_, _) => { }));

    /// <inheritdoc/>
    public void Line(string text) { }
}
