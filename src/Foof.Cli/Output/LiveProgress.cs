using Spectre.Console;

namespace Foof.Cli.Output;

/// <summary>
/// Progress for a terminal: one bar with words beside it, which goes when the work is done.
/// </summary>
internal sealed class LiveProgress(IAnsiConsole console) : IProgressView
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
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

    /// <inheritdoc/>
    public void Line(string text) => console.WriteLine(text);
}
