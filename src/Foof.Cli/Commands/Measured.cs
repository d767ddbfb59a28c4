using System.Text.Json.Nodes;
using Foof.Cli.Output;
using Spectre.Console;

namespace Foof.Cli.Commands;

/// <summary>What commands that measure do alike: all of it is shown and written, or nothing.</summary>
internal static class Measured
{
    /// <summary>Measures, shows the result and writes it where a file was asked for.</summary>
    /// <param name="terminal">Where the table goes.</param>
    /// <param name="metrics">Where the numbers go; null: nowhere.</param>
    /// <param name="done">What a stopped command has not done: all checks were made.</param>
    /// <param name="measure">Gives the result; null when it was stopped.</param>
    /// <param name="show">Shows it.</param>
    /// <param name="record">The numbers.</param>
    /// <param name="isSuccess">Whether the command succeeded; null: it always does.</param>
    /// <returns>The exit code.</returns>
    internal static int Run<T>(
        Terminal terminal,
        string? metrics,
        string done,
        Func<T?> measure,
        Action<IAnsiConsole, T> show,
        Func<T, JsonObject> record,
        Func<T, bool>? isSuccess = null
    )
        where T : class
    {
        MetricsFile.Check(metrics);
        if (measure() is not { } result)
        {
            terminal.Error.WriteLine($"Stopped before {done}; nothing was written.");
            return ExitCode.Stopped;
        }
        show(terminal.Console, result);
        MetricsFile.Write(metrics, record(result));
        return isSuccess?.Invoke(result) ?? true ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>An empty table: names on the left, or none, and columns of numbers.</summary>
    internal static Table TableOf(string? names, params string[] numbers)
    {
        var table = new Table().Border(TableBorder.Rounded);
        if (names is not null)
            table.AddColumn(names);
        foreach (var title in numbers)
            table.AddColumn(new TableColumn(title).RightAligned().NoWrap());
        return table;
    }
}
