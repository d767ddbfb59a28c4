using System.Text.RegularExpressions;
using Foof.Tests;

namespace Foof.Docs.Tests;

/// <summary>The messages that the page explains are in the sources.</summary>
public partial class TroubleshootingTests
{
    private static readonly Lazy<string> Sources = new(() =>
        string.Join(
            '\n',
            Directory
                .EnumerateFiles(Path.Combine(Checkout.Root, "src"), "*.*", SearchOption.AllDirectories)
                .Where(file => Path.GetExtension(file) is ".cs" or ".fs")
                .Select(file => Joined(File.ReadAllText(file)))
        )
    );

    public static TheoryData<string> Messages =>
        [
            .. Heading()
                .Matches(File.ReadAllText(Path.Combine(Checkout.Root, "docs", "troubleshooting.md")))
                .SelectMany(match => match.Groups[1].Value.Split("`, `")),
        ];

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_on_the_page_is_one_of_the_sources(string message)
    {
        // Where the page has an ellipsis, the message has something that differs.
        foreach (var part in message.Split('…', StringSplitOptions.TrimEntries))
            Assert.Contains(part, Sources.Value, StringComparison.Ordinal);
    }

    // Joins a sentence that is written over several lines of source.
    private static string Joined(string source) => Concatenation().Replace(source, "");

    [GeneratedRegex("^### `(.+)`$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("\"\\s*\\+ \\$?\"")]
    private static partial Regex Concatenation();
}
