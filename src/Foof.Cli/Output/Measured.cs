using System.Text.Json.Nodes;
using Spectre.Console;

namespace Foof.Cli.Output;

/// <summary>What commands that measure do alike: all of it is shown and written, or nothing.</summary>
internal static class Measured
{
    /// <summary>Measures row by row; null when it was stopped.</summary>
    /// <param name="terminal">Where progress goes.</param>
    /// <param name="title">What is measured.</param>
    /// <param name="cases">What the rows are of.</param>
    /// <param name="name">What progress calls a case.</param>
    /// <param name="measure">Measures one.</param>
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

    /// <summary>Measures, shows the result and writes it where a file was asked for.</summary>
    /// <param name="terminal">Where the table goes.</param>
    /// <param name="files">Where the numbers go.</param>
    /// <param name="done">What a stopped command has not done: all checks were made.</param>
    /// <param name="measure">Gives the result; null when it was stopped.</param>
    /// <param name="show">Shows it.</param>
    /// <param name="record">The numbers.</param>
    /// <param name="isSuccess">Whether the command succeeded; null: it always does.</param>
    /// <param name="kept">What a stopped command leaves; null: nothing.</param>
    /// <returns>The exit code.</returns>
    internal static int Run<T>(
        Terminal terminal,
        Files files,
        string done,
        Func<T?> measure,
        Action<IAnsiConsole, T> show,
        Func<T, JsonObject> record,
        Func<T, bool>? isSuccess = null,
        string? kept = null
    )
        where T : class
    {
        files.Check();
        if (measure() is not { } result)
        {
            terminal.Error.WriteLine($"Stopped before {done}; {kept ?? "nothing was written"}.");
            return ExitCode.Stopped;
        }
        show(terminal.Console, result);
        files.WriteMetrics(terminal, record(result));
        return isSuccess?.Invoke(result) ?? true ? ExitCode.Success : ExitCode.Failure;
    }
}

/// <summary>The tables in which commands show their results.</summary>
internal static class Tables
{
    /// <summary>An empty table: names on the left, or none, and columns of numbers.</summary>
    internal static Table Of(string? names, params string[] numbers)
    {
        var table = new Table().Border(TableBorder.Rounded);
        if (names is not null)
            table.AddColumn(names);
        foreach (var title in numbers)
            table.AddColumn(new TableColumn(title).RightAligned().NoWrap());
        return table;
    }
}
