namespace Foof.Docs.Tests;

/// <summary>The page for those who use TorchSharp already is a whole project.</summary>
public class ForeignProjectTests
{
    private const string Page = "docs/with-your-torchsharp-project.md";

    [Fact]
    public async Task What_the_page_shows_is_built_and_run_outside_the_checkout_from_packages()
    {
        using var project = new ForeignProject();
        await project.Pack();
        await project.Write(Page, Example.Together(Page, "csharp"));
        var output = await project.BuildAndRun();
        Assert.Matches(@"accuracy (0\.9[5-9]|1\.0)\d*, calibration error 0\.0\d+", output);
        Assert.Contains("hidden.weight: Preconditioned, hidden", output, StringComparison.Ordinal);
    }
}
