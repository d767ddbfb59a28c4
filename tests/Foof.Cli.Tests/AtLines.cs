using Foof.Cli.Output;

namespace Foof.Cli.Tests;

/// <summary>Does something at every line that stays.</summary>
internal sealed class AtLines(Action<string> look) : IProgressView
{
    public void Track(string title, int total, Action<Meter> work) => work(new(TimeSpan.MaxValue, (_, _) => { }));

    public void Line(string text) => look(text);
}
