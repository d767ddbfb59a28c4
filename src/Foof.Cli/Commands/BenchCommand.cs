using System.CommandLine;

namespace Foof.Cli.Commands;

/// <summary><c>foof bench</c>: measurements.</summary>
internal static class BenchCommand
{
    /// <summary>The command with its kinds.</summary>
    internal static Command Make(CommandFrame frame) =>
        new("bench", "Measure")
        {
            BenchStepCommand.Make(frame),
            BenchGramCommand.Make(frame),
            BenchLaplaceCommand.Make(frame),
        };
}
