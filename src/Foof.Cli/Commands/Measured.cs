using System.Text.Json.Nodes;
using Foof.Cli.Output;
using Spectre.Console;

namespace Foof.Cli.Commands;

/// <summary>What commands that measure do alike: all of it is shown and written, or nothing.</summary>
internal static class Measured
{
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
