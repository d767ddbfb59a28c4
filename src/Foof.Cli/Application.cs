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
        var root = Root(new CommandFrame(terminal));
        if (Completions.Asked(arguments) is { } line)
            return Completions.Write(
                text => root.Parse(text, Parser),
                line,
                terminal.Console.Profile.Out.Writer
            );
        var parsed = root.Parse(arguments, Parser);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpPage)
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

    /// <summary>All commands with their options.</summary>
    internal static RootCommand Root(CommandFrame frame)
    {
        var root = new RootCommand(
            "Foof: curvature for .NET. Trains networks by FOOF, and shows what it runs on."
        )
        {
            TrainCommand.Make(frame),
            CompareCommand.Make(frame),
            ContinualCommand.Make(frame),
            InfoCommand.Make(frame),
            BenchCommand.Make(frame),
            LaplaceCommand.Make(frame),
            ValidateCommand.Make(frame),
            CompletionCommand.Make(frame),
            CommonOptions.Verbose,
        };
        CommonOptions.AddOutput(root);
        var help = new HelpPage();
        root.Options.OfType<HelpOption>().Single().Action = help;
        root.SetAction(help.Invoke);
        return root;
    }
}
