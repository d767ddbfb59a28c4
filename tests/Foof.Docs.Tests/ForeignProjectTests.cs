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

    private static double Number(Match match, int group) =>
        double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"accuracy (\S+), calibration error (\S+)")]
    private static partial Regex Quality();
}
