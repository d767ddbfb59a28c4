using System.Text.RegularExpressions;
using Foof.Tests;

namespace Foof.Docs.Tests;

/// <summary>The targets of a page's links exist.</summary>
public partial class LinkTests
{
    public static TheoryData<string> Pages => [.. Example.Pages()];

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_link_leads_to_a_file_and_to_a_heading_in_it(string page)
    {
        var file = Path.Combine(Checkout.Root, page);
        foreach (Match link in Link().Matches(File.ReadAllText(file)))
        {
            var parts = link.Groups[1].Value.Split('#', 2);
            if (parts[0].Contains("://", StringComparison.Ordinal))
                continue;
            var target = parts[0].Length == 0 ? file : Path.Combine(Path.GetDirectoryName(file)!, parts[0]);
            Assert.True(Path.Exists(target), $"{page} points at {parts[0]}, which is not there.");
            if (parts.Length == 2)
                Assert.Contains(parts[1], Anchors(target));
        }
    }

    // These are the names that the usual readers of Markdown make from headings.
    private static string[] Anchors(string page) =>
        [
            .. Heading()
                .Matches(File.ReadAllText(page))
                .Select(match => NoLetter().Replace(match.Groups[1].Value.ToLowerInvariant(), ""))
                .Select(text => text.Replace(' ', '-')),
        ];

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w \-]")]
    private static partial Regex NoLetter();
}
