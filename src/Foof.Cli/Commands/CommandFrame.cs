using System.CommandLine;
using Foof.Cli.Engine;
using Foof.Cli.Output;

namespace Foof.Cli.Commands;

/// <summary>Runs a command's work and turns what goes wrong into one sentence and an exit code.</summary>
internal sealed class CommandFrame(Terminal terminal)
{
    /// <summary>Does the work of a command that was understood.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="work">The work; gives the exit code.</param>
    /// <param name="computes">Whether it needs libtorch.</param>
    internal int Run(ParseResult parsed, Func<Terminal, int> work, bool computes = true)
    {
        try
        {
            if (computes)
                Libtorch.Require();
            return work(Chosen(parsed));
        }
        // The command line is the last one who can tell the user.
#pragma warning disable CA1031
        catch (Exception error)
#pragma warning restore CA1031
        {
            return Report(error, IsVerbose(parsed));
        }
    }

    private Terminal Chosen(ParseResult parsed)
    {
        var chosen = parsed.GetValue(CommonOptions.Json) ? terminal.WithNumbersAlone() : terminal;
        return parsed.GetValue(CommonOptions.Quiet) ? chosen.WithoutProgress() : chosen;
    }

    private static bool IsVerbose(ParseResult parsed) =>
        parsed.GetValue(CommonOptions.Verbose) || Environment.GetEnvironmentVariable("FOOF_TRACE") == "1";

    private int Report(Exception error, bool isVerbose)
    {
        var cause = Cause(error);
        terminal.Error.WriteLine(Sentence(cause, isVerbose));
        if (isVerbose)
            terminal.Error.WriteLine(error.ToString());
        return cause is CommandFailure failure ? failure.ExitCode : ExitCode.Failure;
    }

    private static Exception Cause(Exception error) =>
        error is TypeInitializationException or AggregateException && error.InnerException is { } inner
            ? Cause(inner)
            : error;

    private static string Sentence(Exception error, bool isVerbose)
    {
        var message = FirstLine(error);
        var isForeseen =
            error
            is CommandFailure
                or NumericalFailure
                or InvalidDataException
                or IOException
                or UnauthorizedAccessException
                or ArgumentException;
        if (isForeseen)
            return message;
        var remedy = isVerbose ? "" : " --verbose shows where it came from.";
        return $"Unforeseen {error.GetType().Name}: {message}{remedy}";
    }

    private static string FirstLine(Exception error)
    {
        var message = error.Message;
        if (error is ArgumentException { ParamName: { } name })
            message = message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal);
        return message.Split('\n', 2)[0].TrimEnd();
    }
}
