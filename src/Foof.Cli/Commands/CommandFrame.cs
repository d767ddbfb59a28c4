using System.CommandLine;
using System.Runtime.InteropServices;
using Foof.Cli.Engine;
using Foof.Cli.Output;
using Foof.Cli.Settings;
using static System.StringComparison;

namespace Foof.Cli.Commands;

/// <summary>Makes commands that turn whatever goes wrong into one sentence and an exit code.</summary>
internal sealed class CommandFrame(Terminal terminal)
{
    /// <summary>Whether an unforeseen error shows its stack trace.</summary>
    internal Option<bool> Verbose { get; } =
        new("--verbose") { Description = "Show where an unforeseen error came from", Recursive = true };

    /// <summary>A command.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it does.</param>
    /// <param name="settings">Its options.</param>
    /// <param name="work">Does the work, and gives the exit code.</param>
    /// <param name="computes">Whether the work needs libtorch; null: it does.</param>
    internal Command Command(
        string name,
        string description,
        IReadOnlyList<Setting> settings,
        Func<Given, Terminal, int> work,
        Func<Given, bool>? computes = null
    )
    {
        var command = new Command(name, description);
        foreach (var setting in settings)
            command.Add(setting.ToOption());
        command.SetAction(parsed =>
        {
            var given = Given.Of(parsed, settings);
            return Run(
                () =>
                {
                    if (computes?.Invoke(given) ?? true)
                        Libtorch.Require();
                    return work(given, Chosen(Files.Of(given)));
                },
                parsed.GetValue(Verbose) || Environment.GetEnvironmentVariable("FOOF_TRACE") == "1"
            );
        });
        return command;
    }

    private Terminal Chosen(Files files)
    {
        var chosen = files.Json ? terminal.WithNumbersAlone() : terminal;
        return files.Quiet ? chosen.WithoutProgress() : chosen;
    }

    private int Run(Func<int> work, bool isVerbose)
    {
        try
        {
            return work();
        }
        // Nothing above the command line would show the error to the user.
#pragma warning disable CA1031
        catch (Exception error)
#pragma warning restore CA1031
        {
            var cause = Cause(error);
            terminal.Error.WriteLine(Sentence(cause, isVerbose));
            if (isVerbose)
                terminal.Error.WriteLine(error.ToString());
            return cause is CommandFailure failure ? failure.ExitCode : ExitCode.Failure;
        }
    }

    /// <summary>The error that caused another one, behind errors that only wrap it.</summary>
    internal static Exception Cause(Exception error) =>
        error is TypeInitializationException or AggregateException && error.InnerException is { } inner
            ? Cause(inner)
            : error;

    /// <summary>Says that output could not be written, if there is a place left to say it, and returns the exit code.</summary>
    internal static int Failed(IOException error, Terminal terminal)
    {
        try
        {
            terminal.Error.WriteLine(Sentence(error, isVerbose: false));
        }
        catch (IOException)
        {
            // Standard error is full too, so the exit code alone tells it.
        }
        return ExitCode.Failure;
    }

    private static string Sentence(Exception error, bool isVerbose)
    {
        var message = FirstLine(error);
        if (error is CommandFailure or NumericalFailure or InvalidDataException or ArgumentException)
            return message;
        if (error is OutOfMemoryException || error is ExternalException && message.Contains("allocate memory", Ordinal))
            return "The command needs more memory than there is: lower what makes it large, such as --batch-size or --samples.";
        if (error is IOException or UnauthorizedAccessException)
            return $"Reading or writing failed ({message.TrimEnd('.')}): name another place or make room, and repeat the command.";
        var remedy = isVerbose ? "" : " --verbose shows where it came from.";
        return $"Unforeseen {error.GetType().Name}: {message}{remedy}";
    }

    /// <summary>An error's first line, without the name of a parameter that no user wrote.</summary>
    internal static string FirstLine(Exception error)
    {
        var message = error.Message;
        if (error is ArgumentException { ParamName: { } name })
            message = message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal);
        return message.Split('\n', 2)[0].TrimEnd();
    }
}
