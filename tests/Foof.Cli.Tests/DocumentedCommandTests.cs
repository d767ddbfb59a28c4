using System.Text.RegularExpressions;
using Foof.Cli.Commands;
using Foof.Cli.Output;
using Foof.Tests;
using Spectre.Console;

namespace Foof.Cli.Tests;

/// <summary>The command lines of README and docs are ones that the program takes.</summary>
public sealed partial class DocumentedCommandTests
{
    public static TheoryData<string> Lines =>
        [
            .. Directory
                .EnumerateFiles(Path.Combine(Checkout.Root, "docs"), "*.md")
                .Append(Path.Combine(Checkout.Root, "README.md"))
                .Append(Path.Combine(Checkout.Root, "CONTRIBUTING.md"))
                .SelectMany(page => Command().Matches(Joined(File.ReadAllText(page))))
                .Select(match => match.Groups[1].Value.Trim())
                .Where(line => !Placeholder().IsMatch(line))
                .Distinct(),
        ];

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_documented_command_line_is_taken(string line)
    {
        var words = Word().Matches(line).Select(match => match.Groups[1].Value + match.Groups[2].Value);
        var frame = new CommandFrame(new Terminal(AnsiConsole.Console, TextWriter.Null, CancellationToken.None));
        var errors = Application.Root(frame).Parse([.. words]).Errors.Select(error => error.Message);
        // A page may name a family of commands.
        Assert.DoesNotContain(errors, error => error != "Required command was not provided.");
    }

    [Fact]
    public void Most_commands_are_documented() => Assert.True(Lines.Count > 25);

    // A line that ends with a backslash goes on.
    private static string Joined(string text) => Regex.Replace(text, @" \\\n +", " ");

    // At the start of a line or of inline code, after settings of the environment; up to a comment, a pipe or a note in
    // brackets, or the end of the code.
    [GeneratedRegex(@"(?:^|`|\n)(?:[A-Z_]+=\S+ )*(?:\./)?foof(?=[ `\n])([^#|`\n>\\]*)", RegexOptions.CultureInvariant)]
    private static partial Regex Command();

    [GeneratedRegex(@"\b(COMMAND|NAME|PATH|DIR|FILE)\b")]
    private static partial Regex Placeholder();

    [GeneratedRegex("\"([^\"]*)\"|(\\S+)")]
    private static partial Regex Word();
}
