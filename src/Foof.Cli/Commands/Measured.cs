using System.CommandLine;
using System.Text.Json.Nodes;
using Foof.Cli.Output;
using Spectre.Console;
using TorchSharp;

namespace Foof.Cli.Commands;

/// <summary>What commands that measure do alike: all of it is shown and written, or nothing.</summary>
internal static class Measured
{
    /// <summary>A command that measures its rows several times: <c>--rounds</c>, <c>--threads</c>, <c>--metrics</c>.</summary>
    /// <param name="frame">Runs it.</param>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it measures.</param>
    /// <param name="defaultRounds">How often where nothing is said.</param>
    /// <param name="run">Measures so often, and writes to the file for metrics; returns the exit code.</param>
    /// <param name="more">Options of its own.</param>
    internal static Command OfRounds(
        CommandFrame frame,
        string name,
        string description,
        int defaultRounds,
        Func<Terminal, ParseResult, int, string?, int> run,
        params ReadOnlySpan<Option> more
    )
    {
        var rounds = Choice.Count("--rounds", $"How often each row is measured [default: {defaultRounds}]");
        var threads = Choice.Threads();
        var metrics = CommonOptions.Metrics();
        var command = new Command(name, description) { rounds };
        foreach (var option in more)
            command.Add(option);
        command.Add(threads);
        command.Add(metrics);
        command.SetAction(parsed =>
            frame.Run(
                parsed,
                terminal =>
                {
                    torch.set_num_threads(parsed.GetValue(threads) ?? Choice.DefaultThreads);
                    return run(
                        terminal,
                        parsed,
                        parsed.GetValue(rounds) ?? defaultRounds,
                        parsed.GetValue(metrics)
                    );
                }
            )
        );
        return command;
    }

    /// <summary>Measures, shows the result and writes it where a file was asked for.</summary>
    /// <param name="terminal">Where the table goes.</param>
    /// <param name="metrics">Where the numbers go; null: nowhere.</param>
    /// <param name="done">What a stopped command has not done: all checks were made.</param>
    /// <param name="measure">Gives the result; null when it was stopped.</param>
    /// <param name="show">Shows it.</param>
    /// <param name="record">The numbers.</param>
    /// <param name="isSuccess">Whether the command succeeded; null: it always does.</param>
    /// <param name="kept">What a stopped command leaves; null: nothing.</param>
    /// <returns>The exit code.</returns>
    internal static int Run<T>(
        Terminal terminal,
        string? metrics,
        string done,
        Func<T?> measure,
        Action<IAnsiConsole, T> show,
        Func<T, JsonObject> record,
        Func<T, bool>? isSuccess = null,
        string? kept = null
    )
        where T : class
    {
        MetricsFile.Check(metrics);
        if (measure() is not { } result)
        {
            terminal.Error.WriteLine($"Stopped before {done}; {kept ?? "nothing was written"}.");
            return ExitCode.Stopped;
        }
        show(terminal.Console, result);
        MetricsFile.Write(terminal, metrics, record(result));
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
