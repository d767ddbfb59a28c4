using System.CommandLine;
using System.CommandLine.Parsing;

namespace Foof.Cli.Commands;

/// <summary>Says in one sentence what is wrong with a command line.</summary>
internal static class UsageError
{
    /// <summary>The sentence about the first mistake.</summary>
    internal static string Explain(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        // An unknown command makes all options after it unknown too, so the command is reported first.
        var rank = command.Subcommands.Count > 0 ? 1 : 0;
        string[] unknown = [.. parsed.UnmatchedTokens.OrderBy(token => IsOption(token) ? rank : 1 - rank)];
        return unknown is [var first, ..] ? Explain(command, first) : Explain(command, parsed.Errors[0]);
    }

    private static string Explain(Command command, string unknown)
    {
        if (IsOption(unknown))
        {
            var options = Options(command).ToArray();
            return $"Unknown option '{unknown}'{Suggestion.Hint(unknown, options)} "
                + $"({Examples.Path(command)} --help lists all).";
        }
        if (command.Subcommands.Count == 0)
            return $"Unexpected '{unknown}': {Examples.Path(command)} takes only options.";
        var names = Names(command);
        var available = $"; available: {string.Join(", ", names)}.";
        return $"Unknown command '{unknown}'{Suggestion.Hint(unknown, names)}{available}";
    }

    private static string Explain(Command command, ParseError error) =>
        error.SymbolResult switch
        {
            OptionResult { IdentifierTokenCount: > 1 } twice =>
                $"{twice.Option.Name} must be given once; it was given {twice.IdentifierTokenCount} times.",
            OptionResult { Tokens.Count: 0 } given => $"{given.Option.Name} needs a value: {given.Option.HelpName}.",
            CommandResult when command.Subcommands.Count > 0 =>
                $"{Examples.Path(command)} needs a command: {string.Join(", ", Names(command))}.",
            _ => OneLine(error.Message),
        };

    private static string[] Names(Command command) => [.. command.Subcommands.Select(child => child.Name)];

    private static bool IsOption(string token) => token.StartsWith('-');

    private static IEnumerable<string> Options(Command command) =>
        command
            .Options.Concat(Above(command).SelectMany(parent => parent.Options.Where(one => one.Recursive)))
            .Where(option => !option.Hidden)
            .Select(option => option.Name);

    private static IEnumerable<Command> Above(Command command) =>
        command.Parents.OfType<Command>().SelectMany(parent => Above(parent).Prepend(parent));

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").TrimEnd('.', ' ') + ".";
}
