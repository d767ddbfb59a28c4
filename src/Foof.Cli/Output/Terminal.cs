using Spectre.Console;

namespace Foof.Cli.Output;

/// <summary>Where a command writes, and how it learns that it should stop.</summary>
/// <param name="Console">For results and progress.</param>
/// <param name="Error">For what went wrong.</param>
/// <param name="Stop">Cancelled when the user wants the command to stop.</param>
internal sealed record Terminal(IAnsiConsole Console, TextWriter Error, CancellationToken Stop)
{
    /// <summary>How wide tables may be where there is no terminal.</summary>
    private const int WidthOfFiles = 160;

    /// <summary>A bar on a terminal, lines elsewhere.</summary>
    internal IProgressView Progress { get; init; } = ProgressOn(Console);

    /// <summary>Where the numbers go that <c>--json</c> asks for; null: nowhere.</summary>
    internal TextWriter? Numbers { get; init; }

    /// <summary>
    /// The same with the numbers alone on standard output: tables go, and progress goes to the errors.
    /// </summary>
    internal Terminal WithNumbersAlone() =>
        new(Writing(TextWriter.Null), Error, Stop)
        {
            Progress = ProgressOn(Writing(Error)),
            Numbers = Console.Profile.Out.Writer,
        };

    /// <summary>The same without progress.</summary>
    internal Terminal WithoutProgress() => this with { Progress = new NoProgress() };

    /// <summary>
    /// A console on a writer; colours and moving bars are for terminals alone, and NO_COLOR is heeded.
    /// </summary>
    internal static IAnsiConsole Writing(TextWriter writer)
    {
        var output = new AnsiConsoleOutput(writer);
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = output,
                Ansi = output.IsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
                ColorSystem = HasColours ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            }
        );
        // A file or a pipe has no width: tables need not be squeezed into that of a small terminal.
        if (!output.IsTerminal)
            console.Profile.Width = Math.Max(console.Profile.Width, WidthOfFiles);
        return console;
    }

    // https://no-color.org: any value but an empty one.
    private static bool HasColours => string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    private static IProgressView ProgressOn(IAnsiConsole console) =>
        console.Profile.Out.IsTerminal && console.Profile.Capabilities.Interactive
            ? new LiveProgress(console)
            : new PlainProgress(console);
}
