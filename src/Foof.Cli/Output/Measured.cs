using System.Text.Json.Nodes;
using Spectre.Console;

namespace Foof.Cli.Output;

/// <summary>What all measuring commands do: they show and write a complete result, or nothing.</summary>
internal static class Measured
{
    /// <summary>Measures one row after the other; null if the user stopped it.</summary>
    /// <param name="terminal">Where progress goes.</param>
    /// <param name="title">What is measured.</param>
    /// <param name="cases">The case of each row.</param>
    /// <param name="name">The name of a case in the progress.</param>
    /// <param name="measure">Measures a case.</param>
    internal static IReadOnlyList<TRow>? Rows<TCase, TRow>(
        Terminal terminal,
        string title,
        IReadOnlyList<TCase> cases,
        Func<TCase, string> name,
        Func<TCase, TRow> measure
    )
    {
        var rows = new List<TRow>();
        terminal.Progress.Track(
            title,
            cases.Count,
            meter =>
            {
                foreach (var one in cases.TakeWhile(_ => !terminal.Stop.IsCancellationRequested))
                {
                    meter.Show(rows.Count, () => name(one));
                    rows.Add(measure(one));
                }
            }
        );
        return terminal.Stop.IsCancellationRequested ? null : rows;
    }

    /// <summary>Measures, shows the result and writes the metrics.</summary>
    /// <param name="terminal">Where the table goes.</param>
    /// <param name="files">Where the numbers go.</param>
    /// <param name="done">What has not happened yet if the user stops the command, such as "all checks were made".</param>
    /// <param name="measure">Returns the result, or null if the user stopped it.</param>
    /// <param name="show">Shows it.</param>
    /// <param name="record">The numbers.</param>
    /// <param name="isSuccess">Whether the command succeeded; null if it always does.</param>
    /// <returns>The exit code.</returns>
    internal static int Run<T>(
        Terminal terminal,
        Files files,
        string done,
        Func<T?> measure,
        Action<IAnsiConsole, T> show,
        Func<T, JsonObject> record,
        Func<T, bool>? isSuccess = null
    )
        where T : class
    {
        files.Check();
        if (measure() is not { } result)
        {
            terminal.Error.WriteLine($"Stopped before {done}; nothing was written.");
            return ExitCode.Stopped;
        }
        show(terminal.Console, result);
        files.WriteMetrics(terminal, record(result));
        return isSuccess?.Invoke(result) ?? true ? ExitCode.Success : ExitCode.Failure;
    }
}
