using Spectre.Console;

namespace Foof.Cli.Output;

/// <summary>
/// Progress for files and pipes: now and then a plain line, at most a few for one piece of work.
/// </summary>
internal sealed class PlainProgress(IAnsiConsole console) : IProgressView
{
    private const int MostLines = 3;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public void Track(string title, int total, Action<Meter> work)
    {
        var lines = 0;
        work(
            new Meter(
                Pause,
                (done, words) =>
                {
                    if (lines++ < MostLines)
                        Line(Sentence(title, done, total, words));
                }
            )
        );
    }

    /// <summary>A line of progress; what is done is counted, and followed by the words where there are any.</summary>
    internal static string Sentence(string title, int done, int total, string words) =>
        $"{title}: {done} of {total}" + (words.Length == 0 ? "" : $", {words}");

    /// <inheritdoc/>
    public void Line(string text) => console.Profile.Out.Writer.WriteLine(text);
}
