using System.Diagnostics;
using Spectre.Console;

namespace Foof.Cli.Output;

/// <summary>Shows how far long work is.</summary>
internal interface IProgressView
{
    /// <summary>Does the work, on the calling thread, and shows what it tells its meter.</summary>
    /// <param name="title">What is being done.</param>
    /// <param name="total">How many steps it has.</param>
    /// <param name="work">The work.</param>
    void Track(string title, int total, Action<Meter> work);

    /// <summary>A line that stays.</summary>
    void Line(string text);
}

/// <summary>Progress that nobody wants to see.</summary>
internal sealed class NoProgress : IProgressView
{
    public void Track(string title, int total, Action<Meter> work) =>
        work(new Meter(TimeSpan.MaxValue, (_, _) => { }));

    public void Line(string text) { }
}

/// <summary>
/// Progress for files and pipes: now and then a plain line, at most a few for one piece of work.
/// </summary>
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

    /// <summary>A line of progress; what is done is counted, and followed by the words where there are any.</summary>
    internal static string Sentence(string title, int done, int total, string words) =>
        $"{title}: {done} of {total}" + (words.Length == 0 ? "" : $", {words}");

    public void Line(string text) => console.Profile.Out.Writer.WriteLine(text);
}

/// <summary>
/// Progress for a terminal: one bar with words beside it, which goes when the work is done.
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
