using System.Diagnostics;
using Spectre.Console;

namespace Foof.Cli.Output;

/// <summary>Shows the progress of long work.</summary>
internal interface IProgressView
{
    /// <summary>Does the work on the calling thread, and shows what it reports to its meter.</summary>
    /// <param name="title">The name of the work.</param>
    /// <param name="total">How many steps the work has.</param>
    /// <param name="work">The work.</param>
    void Track(string title, int total, Action<Meter> work);

    /// <summary>Writes a line that stays.</summary>
    void Line(string text);
}

/// <summary>Shows no progress.</summary>
internal sealed class NoProgress : IProgressView
{
    public void Track(string title, int total, Action<Meter> work) => work(new Meter(TimeSpan.MaxValue, (_, _) => { }));

    public void Line(string text) { }
}

/// <summary>Shows progress in files and pipes: a few plain lines for each piece of work.</summary>
internal sealed class PlainProgress(IAnsiConsole console) : IProgressView
{
    private const int MostLines = 3;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);

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

    /// <summary>A line of progress: the count of finished steps, and the words if there are any.</summary>
    internal static string Sentence(string title, int done, int total, string words) =>
        $"{title}: {done} of {total}" + (words.Length == 0 ? "" : $", {words}");

    public void Line(string text) => console.Profile.Out.Writer.WriteLine(text);
}

/// <summary>
/// Shows progress on a terminal: a bar with words beside it, which disappears when the work is done.
/// </summary>
internal sealed class LiveProgress(IAnsiConsole console) : IProgressView
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(200);

    public void Track(string title, int total, Action<Meter> work)
    {
        var progress = console
            .Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn { Width = 24 },
                new PercentageColumn(),
                new RemainingTimeColumn()
            );
        progress.RefreshRate = Refresh;
        progress.Start(context =>
        {
            var task = context.AddTask(Markup.Escape(title), maxValue: total);
            work(
                new Meter(
                    Pause,
                    (done, words) =>
                    {
                        task.Value = done;
                        task.Description = Markup.Escape($"{title}  {words}");
                    }
                )
            );
        });
    }

    public void Line(string text) => console.WriteLine(text);
}

/// <summary>Shows positions, but not too often, so that reporting one costs almost nothing.</summary>
/// <param name="pause">The shortest time between two positions that are shown.</param>
/// <param name="show">Shows the number of finished steps, and some words.</param>
internal sealed class Meter(TimeSpan pause, Action<int, string> show)
{
    private long last = Stopwatch.GetTimestamp();

    /// <summary>Shows a position if enough time has passed; only then are the words made.</summary>
    internal void Show(int done, Func<string> words)
    {
        if (Stopwatch.GetElapsedTime(last) < pause)
            return;
        last = Stopwatch.GetTimestamp();
        show(done, words());
    }
}
