using System.CommandLine;
using System.CommandLine.Help;
using Foof.Cli.Bench;
using Foof.Cli.Commands;
using Foof.Cli.Compare;
using Foof.Cli.Continual;
using Foof.Cli.Laplace;
using Foof.Cli.Output;
using Foof.Cli.Reproduce;
using Foof.Cli.Training;

namespace Foof.Cli;

/// <summary>The whole command line.</summary>
internal static class Application
{
    private static readonly ParserConfiguration Parser = new()
    {
        EnablePosixBundling = false,
        ResponseFileTokenReplacer = null,
    };

    /// <summary>Runs the command that the arguments name, and returns the exit code.</summary>
    internal static int Run(IReadOnlyList<string> arguments, Terminal terminal)
    {
        try
        {
            return Parsed(arguments, terminal);
        }
        // Standard output or error is full.
        catch (IOException error)
        {
            return CommandFrame.Failed(error, terminal);
        }
    }

    private static int Parsed(IReadOnlyList<string> arguments, Terminal terminal)
    {
        var root = Root(new CommandFrame(terminal));
        if (Completions.Asked(arguments) is { } line)
            return Completions.Write(text => root.Parse(text, Parser), line, terminal.Console.Profile.Out.Writer);
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
        var root = new RootCommand("Foof: curvature for .NET. Trains networks by FOOF, and shows what it runs on.")
        {
            Train(frame),
            Compare(frame),
            Continual(frame),
            InfoCommand.Make(frame),
            BenchCommands.Make(frame),
            Laplace(frame),
            ReproduceCommand.Make(frame),
            ValidateCommand.Make(frame),
            CompletionCommand.Make(frame),
            frame.Verbose,
        };
        var help = new HelpPage();
        root.Options.OfType<HelpOption>().Single().Action = help;
        root.SetAction(help.Invoke);
        return root;
    }

    private static Command Train(CommandFrame frame) =>
        frame.Command(
            "train",
            "Train a network and show how well it does",
            [
                .. TrainingSettings.Table.Rows,
                .. Files.Rows(
                    "Leave a checkpoint here after every epoch and when stopped",
                    "Continue from the checkpoint in this folder, to the same bits; all options stay as they were",
                    report: true,
                    force: true
                ),
            ],
            (given, terminal) => new TrainingRun(given, Files.Of(given).Resumable(), terminal).Run()
        );

    private static Command Compare(CommandFrame frame) =>
        frame.Command(
            "compare",
            "Train by several optimisers, and over grids of settings",
            [
                .. CompareSettings.Table.Rows,
                .. CompareSettings.OfEveryRun,
                .. Files.Rows(
                    "Keep every finished run here; the same command again runs only the missing ones",
                    report: true
                ),
            ],
            (given, terminal) => new CompareRun(given, Files.Of(given), terminal).Run()
        );

    private static Command Continual(CommandFrame frame) =>
        frame.Command(
            "continual",
            "Learn task after task under a penalty, and show what is forgotten",
            [
                .. ContinualSettings.Table.Rows,
                .. Files.Rows(
                    "Keep every finished sequence here",
                    "Continue the run in this folder; other options stay as they were",
                    report: true,
                    force: true
                ),
            ],
            (given, terminal) => new ContinualCommand(given, Files.Of(given).Resumable(), terminal).Run()
        );

    private static Command Laplace(CommandFrame frame) =>
        frame.Command(
            "laplace",
            "Fit a posterior around a trained network, and evaluate it",
            [
                .. LaplaceSettings.Table.Rows,
                .. Files.Rows("Leave the posterior and the evidence curve here", report: true, force: true),
            ],
            (given, terminal) => new LaplaceCommand(given, Files.Of(given), terminal).Run()
        );
}
