using Spectre.Console;

namespace Foof.Cli.Output;

/// <summary>Where a command writes, and how it learns that it should stop.</summary>
/// <param name="Console">For results and progress.</param>
/// <param name="Error">For what went wrong.</param>
/// <param name="Stop">Cancelled when the user wants the command to stop.</param>
internal sealed record Terminal(IAnsiConsole Console, TextWriter Error, CancellationToken Stop)
{
    /// <summary>How wide tables may be where there is no terminal.</summary>
    internal const int WidthOfFiles = 160;

    /// <summary>A bar on a terminal, lines elsewhere.</summary>
    internal IProgressView Progress { get; init; } =
        Console.Profile.Out.IsTerminal && Console.Profile.Capabilities.Interactive
            ? new LiveProgress(Console)
            : new PlainProgress(Console);
}
