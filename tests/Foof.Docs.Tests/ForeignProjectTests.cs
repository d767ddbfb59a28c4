using System.Globalization;
using System.Text.RegularExpressions;

namespace Foof.Docs.Tests;

/// <summary>The page for those who use TorchSharp already is a whole project.</summary>
public partial class ForeignProjectTests
{
    private const string Page = "docs/with-your-torchsharp-project.md";

    [Fact]
    public async Task What_the_page_shows_is_built_and_run_outside_the_checkout_from_packages()
    {
        using var project = new ForeignProject();
        await project.Pack();
        await project.Write(Page, Example.Together(Page, "csharp"));
        var output = await project.BuildAndRun();
        var found = Quality().Match(output);
        Assert.True(found.Success, output);
        Assert.InRange(Number(found, 1), 0.9, 1);
        Assert.InRange(Number(found, 2), 0, 0.1);
        Assert.Contains("hidden.weight [100; 2]: preconditioned by 'hidden'", output, StringComparison.Ordinal);
    }

    // The first program of the page, in a project with the page's sources and packages.
    [Fact]
    public async Task What_getting_started_says_dotnet_run_prints_is_printed()
    {
        const string page = "docs/getting-started.md";
        Example[] examples = [.. Example.Of(page)];
        var program = examples.First(example => example is { Language: "csharp", Context: "" });
        var shown = examples.First(example => example.Language == "text" && example.Line > program.Line).Code;
        using var project = new ForeignProject();
        await project.Pack();
        await project.Write(page, program.Code);
        var printed = (await project.BuildAndRun()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(shown.Select(Line), printed.Select(Line));
        Assert.InRange(Loss(printed[^1]), 0, 0.5 * Loss(printed[0]));
        // The page's numbers are a run's; others differ in the last bits.
        Assert.All(shown.Zip(printed), pair => Assert.Equal(Loss(pair.First), Loss(pair.Second), tolerance: 0.02));
    }

    private static string Line(string text) => Digits().Replace(text, "0");

    private static double Loss(string line) =>
        double.Parse(Digits().Matches(line)[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\d+(\.\d+)?")]
    private static partial Regex Digits();

    private static double Number(Match match, int group) =>
        double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"accuracy (\S+), calibration error (\S+)")]
    private static partial Regex Quality();
}
