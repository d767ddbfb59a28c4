using System.Globalization;
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
    /// <param name="kept">What remains if the user stops the command; null if nothing does.</param>
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
    /// <summary>An empty table with an optional column of names on the left and columns of numbers.</summary>
    internal static Table Of(string? names, params string[] numbers)
    {
        var table = new Table().Border(TableBorder.Rounded);
        if (names is not null)
            table.AddColumn(names);
        foreach (var title in numbers)
            table.AddColumn(new TableColumn(title).RightAligned().NoWrap());
        return table;
    }

    /// <summary>A table without the least important columns for which the console has no room; names stay whole.</summary>
    /// <param name="width">How wide the console is.</param>
    /// <param name="columns">The titles; the first is that of the names.</param>
    /// <param name="leastFirst">The titles that may be left out, the least important first.</param>
    /// <param name="rows">The cells, as many as columns or fewer.</param>
    internal static Table Fitting(
        int width,
        IReadOnlyList<string> columns,
        IReadOnlyList<string> leastFirst,
        IReadOnlyList<IReadOnlyList<string>> rows
    )
    {
        var kept = Enumerable.Range(0, columns.Count).ToList();
        foreach (var title in leastFirst)
            if (1 + kept.Sum(Wide) > width)
                kept.RemoveAll(place => columns[place] == title);
        var table = Of(null);
        foreach (var place in kept)
        {
            var column = new TableColumn(columns[place]).NoWrap();
            table.AddColumn(place == 0 ? column : column.RightAligned());
        }
        foreach (var row in rows)
            table.AddRow([.. kept.Select(place => Cell(row, place))]);
        return table;

        int Wide(int place) => 3 + rows.Select(row => Cell(row, place)).Append(columns[place]).Max(cell => cell.Length);

        static string Cell(IReadOnlyList<string> row, int place) => place < row.Count ? row[place] : "";
    }

    /// <summary>Writes a loss with four decimal places; from a million on, as a power of ten.</summary>
    internal static string Loss(double loss) =>
        loss.ToString(Math.Abs(loss) < 1e6 ? "F4" : "0.####e+0", CultureInfo.InvariantCulture);
}
