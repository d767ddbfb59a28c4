using System.CommandLine;
using System.CommandLine.Completions;
using Foof.Cli.Output;

namespace Foof.Cli.Commands;

/// <summary>
/// The words that can follow where a user's line ends. The scripts of <c>foof completion</c> call
/// <c>foof [suggest] "train --opt"</c> and get a line for each word, with its description after a tab.
/// </summary>
internal static class Completions
{
    private const string Directive = "[suggest]";
    private const char List = ',';

    /// <summary>The line before the cursor, without the program's name; null if no script asks.</summary>
    internal static string? Asked(IReadOnlyList<string> arguments) =>
        arguments is [Directive, ..] ? string.Join(' ', arguments.Skip(1)) : null;

    /// <summary>Writes the words that begin with the end of the line.</summary>
    internal static int Write(Func<string, ParseResult> parse, string line, TextWriter output)
    {
        var word = line[(line.LastIndexOf(' ') + 1)..];
        // To the parser, --option=val is one word; --option val are two, and the second has completions.
        var head = word.StartsWith("--", StringComparison.Ordinal) ? word[..(word.IndexOf('=') + 1)] : "";
        var spaced = head == "" ? line : $"{line[..^word.Length]}{head[..^1]} {word[head.Length..]}";
        foreach (var item in Of(parse(spaced), spaced.Length, word[head.Length..]))
            output.WriteLine(head + item.Label + (item.Detail is { } detail ? $"\t{OneLine(detail)}" : ""));
        return ExitCode.Success;
    }

    /// <summary>The words that can follow in a list, which names each word once.</summary>
    internal static IEnumerable<string> Next(CompletionContext context, IEnumerable<string> names)
    {
        var word = context.WordToComplete;
        var head = word[..(word.LastIndexOf(List) + 1)];
        var given = head.Split(List);
        return names.Where(name => !given.Contains(name)).Select(name => head + name);
    }

    // The parser also offers words that contain the end of the line, and short names such as -h.
    private static IEnumerable<CompletionItem> Of(ParseResult parsed, int position, string word) =>
        parsed
            .GetCompletions(position)
            .Where(item => item.Label.StartsWith(word, StringComparison.Ordinal) && !IsShort(item.Label));

    private static bool IsShort(string label) =>
        label.StartsWith('/') || (label.StartsWith('-') && !label.StartsWith("--", StringComparison.Ordinal));

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}

/// <summary><c>foof completion</c>: the scripts by which shells complete its words.</summary>
internal static class CompletionCommand
{
    private const string Prefix = "completion/";

    private static readonly (string Shell, string File)[] Scripts =
    [
        ("bash", "foof.bash"),
        ("zsh", "foof.zsh"),
        ("fish", "foof.fish"),
        ("pwsh", "foof.ps1"),
    ];

    /// <summary>The command with its shells.</summary>
    internal static Command Make(CommandFrame frame)
    {
        var completion = new Command("completion", "Print a script that completes words in a shell");
        foreach (var (shell, file) in Scripts)
            completion.Add(
                frame.Command(
                    shell,
                    $"Print the script for {shell}",
                    [],
                    (_, terminal) =>
                    {
                        terminal.Console.Profile.Out.Writer.Write(Resource.Text(Prefix + file));
                        return ExitCode.Success;
                    },
                    computes: _ => false
                )
            );

        return completion;
    }
}
