using Spectre.Console;

namespace Foof.Cli.Output;

/// <summary>Where a command writes, and the signal that stops it.</summary>
/// <param name="Console">For results and progress.</param>
/// <param name="Error">For what went wrong.</param>
/// <param name="Stop">Is cancelled when the user stops the command.</param>
internal sealed record Terminal(IAnsiConsole Console, TextWriter Error, CancellationToken Stop)
{
    /// <summary>How wide tables may be where there is no terminal.</summary>
    private const int WidthOfFiles = 160;

    /// <summary>Shows a bar on a terminal, and plain lines in a file or a pipe.</summary>
    internal IProgressView Progress { get; init; } = ProgressOn(Console);

    /// <summary>Receives the numbers if <c>--json</c> is given; otherwise null.</summary>
    internal TextWriter? Numbers { get; init; }

    /// <summary>
    /// A terminal that leaves standard output to the numbers: it shows no tables, and progress on the error stream.
    /// </summary>
    internal Terminal WithNumbersAlone() =>
        new(Writing(TextWriter.Null), Error, Stop)
        {
            Progress = ProgressOn(Writing(Error)),
            Numbers = Console.Profile.Out.Writer,
        };

    /// <summary>A terminal that shows no progress.</summary>
    internal Terminal WithoutProgress() => this with { Progress = new NoProgress() };

    /// <summary>
    /// A console on a writer. Only terminals get colours and moving bars, and <c>NO_COLOR</c> switches colours off.
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
        // A file or a pipe has no width, so tables can be wider than in a small terminal.
        if (!output.IsTerminal)
            console.Profile.Width = Math.Max(console.Profile.Width, WidthOfFiles);
        return console;
    }

    // Any value except an empty one switches colours off (https://no-color.org).
    private static bool HasColours => string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    private static IProgressView ProgressOn(IAnsiConsole console) =>
        console.Profile.Out.IsTerminal && console.Profile.Capabilities.Interactive
            ? new LiveProgress(console)
            : new PlainProgress(console);
}
