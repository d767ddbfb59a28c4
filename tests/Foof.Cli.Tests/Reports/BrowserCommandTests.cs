namespace Foof.Cli.Tests.Reports;

/// <summary>The pages of real runs, small ones, in a headless Chromium.</summary>
public sealed class BrowserCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string data;

    public BrowserCommandTests() => data = Idx.WriteSet(folder, train: 60);

    public void Dispose() => folder.Dispose();

    private string Page(string name, params string[] options)
    {
        var page = folder[$"{name}.html"];
        var answer = CommandLine.Run([name, "--data", data, "--threads", "1", "--report", page, .. options]);
        Assert.Equal("", answer.Error);
        Assert.Equal(ExitCode.Success, answer.Code);
        return page;
    }

    [BrowserFact]
    public void The_pages_of_all_commands_draw_every_chart_without_a_word_on_the_console()
    {
        string[] batches = ["--batch-size", "10", "--validation", "20"];
        string[] network = ["--model", "mlp", "--hidden", "8", "--epochs", "2", .. batches];
        string[] tasks = ["--tasks", "2", "--strength", "1", .. batches];
        string[] pages =
        [
            Page("train", [.. network, "--optimizer", "adam", "--out", folder["run"]]),
            Page("laplace", "--model", folder["run"], "--structure", "diag", "--samples", "10"),
            Page("continual", [.. tasks, "--variants", "plain,diagonal-online"]),
            Page("compare", [.. network, "--optimizers", "foof,sgd", "--learning-rate", "0.01,0.1"]),
        ];
        using var browser = new WebDriver();
        foreach (var page in pages)
        {
            browser.Open(page);
            var charts = (int)browser.Evaluate("return document.querySelectorAll('.chart').length")!;
            Assert.NotEqual(0, charts);
            Assert.Equal(charts, browser.Charts());
            Assert.Equal([], browser.Console());
        }
    }
}
