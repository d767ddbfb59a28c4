using System.CommandLine;
using System.Text.RegularExpressions;
using Foof.Cli.Commands;
using Foof.Cli.Output;
using Spectre.Console;

namespace Foof.Cli.Tests;

public sealed class HelpTests
{
    public static TheoryData<string> Paths => new(All(Root()).Select(Examples.Path));

    private static RootCommand Root() =>
        Application.Root(new CommandFrame(new Terminal(AnsiConsole.Console, TextWriter.Null, CancellationToken.None)));

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);

    private static Command Find(string path) => All(Root()).Single(command => Examples.Path(command) == path);

    private static string[] Words(string path) => path.Split(' ')[1..];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Help_ends_with_examples_that_parse(string path)
    {
        var help = CommandLine.Run([.. Words(path), "--help"]);
        Assert.Equal((ExitCode.Success, ""), (help.Code, help.Error));
        var examples = Examples.Of(Find(path));
        Assert.NotEmpty(examples);
        var end = help.Output[help.Output.IndexOf("Examples:", StringComparison.Ordinal)..];
        foreach (var example in examples)
        {
            Assert.Contains($"  {example.Line}\n      {example.Purpose}\n", end, StringComparison.Ordinal);
            // What the shell makes of a line is not the program's: <( ), a pipe, a file.
            var line = Regex.Match(example.Line, @"foof(?: [^|>)]*[^|>) ])?").Value;
            var parsed = Root().Parse(line.Split(' ')[1..]);
            Assert.Empty(parsed.Errors);
            Assert.StartsWith(path, Examples.Path(parsed.CommandResult.Command), StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_misspelt_option_or_command_gets_the_one_that_was_meant(string path)
    {
        var command = Find(path);
        string[] options = [.. command.Options.Select(option => option.Name), "--verbose", "--help"];
        // Two letters swapped, near the end.
        foreach (var name in options.Where(name => name[^2] != name[^3]))
        {
            var wrong = $"{name[..^3]}{name[^2]}{name[^3]}{name[^1]}";
            var sentence = CommandLine.Run([.. Words(path), wrong]).Sentence(ExitCode.Usage);
            Assert.Contains($"'{wrong}'; the nearest is {name}", sentence, StringComparison.Ordinal);
        }
        foreach (var child in command.Subcommands)
        {
            var sentence = CommandLine.Run([.. Words(path), child.Name + "x"]).Sentence(ExitCode.Usage);
            Assert.Contains($"; the nearest is {child.Name};", sentence, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_first_page_explains_the_exit_codes()
    {
        var help = CommandLine.Run("--help").Output;
        foreach (var code in new[] { ExitCode.Success, ExitCode.Failure, ExitCode.Usage, ExitCode.Stopped })
            Assert.Matches($"(?m)^  {code} +[a-z]", help);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_command_that_has_numbers_gives_them_as_JSON_and_can_be_quiet(string path)
    {
        string[] names = [.. Find(path).Options.Select(option => option.Name)];
        Assert.Equal(names.Contains("--metrics"), names.Contains("--json"));
        Assert.Equal(names.Contains("--metrics"), names.Contains("--quiet"));
    }
}
