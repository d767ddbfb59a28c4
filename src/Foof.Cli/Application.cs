using System.CommandLine;
using System.CommandLine.Help;
using Foof.Cli.Commands;
using Foof.Cli.Output;

namespace Foof.Cli;

/// <summary>The whole command line.</summary>
internal static class Application
{
    private static readonly ParserConfiguration Parser = new()
    {
        EnablePosixBundling = false,
        ResponseFileTokenReplacer = null,
    };

    /// <summary>Does what the arguments say and returns the exit code.</summary>
    internal static int Run(IReadOnlyList<string> arguments, Terminal terminal)
    {
        var parsed = Root(new CommandFrame(terminal)).Parse(arguments, Parser);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
        {
            terminal.Error.WriteLine(UsageError.Explain(parsed));
            return ExitCode.Usage;
        }
        return parsed.Invoke(
            new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = terminal.Console.Profile.Out.Writer,
                Error = terminal.Error,
            }
        );
    }

    private static RootCommand Root(CommandFrame frame)
    {
        var root = new RootCommand(
            "Foof: curvature for .NET. Trains networks by FOOF, and shows what it runs on."
        )
        {
            TrainCommand.Make(frame),
            ContinualCommand.Make(frame),
            InfoCommand.Make(frame),
            BenchCommand.Make(frame),
            LaplaceCommand.Make(frame),
            ValidateCommand.Make(frame),
            CommonOptions.Verbose,
        };
        root.SetAction(parsed => new HelpAction().Invoke(parsed));
        return root;
    }
}
