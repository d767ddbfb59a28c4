using System.Text.RegularExpressions;

namespace Foof.Cli.Tests.Reports;

public sealed class CommandReportTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string data;

    public CommandReportTests() => data = Idx.WriteSet(folder, train: 60);

    public void Dispose() => folder.Dispose();

    private string Page(params string[] command)
    {
        var page = folder["page.html"];
        var answer = CommandLine.Run([.. command, "--data", data, "--threads", "1", "--report", page]);
        Assert.Equal(ExitCode.Success, answer.Code);
        Assert.EndsWith($"The report is in {page}.\n", answer.Output);
        return File.ReadAllText(page);
    }

    private static string[] Headings(string page) =>
        [.. Regex.Matches(page, "<h2 [^>]*>([^<]*)</h2>").Select(match => match.Groups[1].Value)];

    [Fact]
    public void A_posterior_has_a_page_with_foreign_images()
    {
        string[] network = ["--model", "mlp", "--hidden", "8", "--epochs", "1", "--validation", "20"];
        CommandLine.Run(["train", "--data", data, .. network, "--optimizer", "adam", "--out", folder["run"]]);
        var page = Page("laplace", "--model", folder["run"], "--structure", "diag", "--samples", "10");
        Assert.Equal(
            ["Quality", "Reliability", "Confidence of wrong and foreign images", "Evidence", "How it was measured"],
            Headings(page)
        );
        Assert.Contains(
            "<p class=\"first\">The variance of the posterior&#39;s outputs separates noise",
            page,
            StringComparison.Ordinal
        );
        Assert.Contains(
            ">by the outputs&#39; variance</th><th scope=\"col\" class=\"number\">by entropy<",
            page,
            StringComparison.Ordinal
        );
        Assert.Matches("predicted class \\d, [0-9.]+&#160;%, truly class \\d", page);
        Assert.Contains("alt=\"One of the noise images, taken for class", page, StringComparison.Ordinal);
        Assert.Contains("alt=\"One of the rotated images, taken for class", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_resumed_run_has_the_losses_before_its_first_step_and_within_all_epochs()
    {
        string[] network = ["--model", "mlp", "--hidden", "8", "--optimizer", "adam", "--batch-size", "15"];
        CommandLine.Run(["train", "--data", data, .. network, "--epochs", "1", "--out", folder["run"]]);
        var page = Page("train", "--resume", folder["run"], "--epochs", "2");
        Assert.Contains("<th scope=\"row\">test</th><td class=\"number\">0</td>", page, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\">training</th><td class=\"number\">0</td>", page, StringComparison.Ordinal);
        // Four steps an epoch.
        foreach (var place in (string[])["0.250", "1", "1.25", "2"])
            Assert.Contains(
                $"<th scope=\"row\">batches</th><td class=\"number\">{place}</td>",
                page,
                StringComparison.Ordinal
            );
        Assert.Contains(">./foof train --optimizer adam ", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Learning_task_after_task_has_a_page_with_a_matrix_for_every_method()
    {
        string[] tasks = ["--tasks", "2", "--batch-size", "10", "--validation", "20", "--strength", "1"];
        var page = Page(["continual", .. tasks, "--variants", "plain,diagonal-online"]);
        Assert.Equal(["Tasks one after the other", "How it was measured"], Headings(page));
        Assert.Equal(2, Regex.Count(page, "<h3>Accuracy of "));
    }
}
