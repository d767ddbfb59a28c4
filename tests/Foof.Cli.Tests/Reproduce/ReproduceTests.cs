using System.Text.Json;

namespace Foof.Cli.Tests.Reproduce;

public sealed class ReproduceTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string data;

    public ReproduceTests() => data = Idx.WriteSet(folder, train: 200);

    public void Dispose() => folder.Dispose();

    private string[] Tiny(params string[] more) =>
        [
            "reproduce",
            "2A",
            "--quick",
            "--seeds",
            "2",
            "--tried",
            "2",
            "--data",
            data,
            "--out",
            folder["kept"],
            .. more,
        ];

    [Fact]
    public void A_figure_leaves_claims_a_page_and_numbers_and_the_same_command_makes_no_run_twice()
    {
        var (metrics, page) = (folder["metrics.json"], folder["page.html"]);
        var answer = CommandLine.Run(Tiny("--metrics", metrics, "--report", page));
        Assert.Equal(("", ExitCode.Success), (answer.Error, answer.Code));
        // Two settings and one more seed of each of four methods.
        Assert.Equal(12, answer.Output.Split(", seed ").Length - 1);

        using var json = JsonDocument.Parse(File.ReadAllBytes(metrics));
        var figure = Assert.Single(json.RootElement.GetProperty("figures").EnumerateArray());
        Assert.Equal("2A", figure.GetProperty("figure").GetString());
        var claim = Assert.Single(figure.GetProperty("claims").EnumerateArray());
        Assert.Contains(
            claim.GetProperty("verdict").GetString(),
            (string[])["holds", "holds in part", "does not hold"]
        );
        var arms = figure.GetProperty("numbers").GetProperty("arms").EnumerateArray().ToArray();
        Assert.Equal(4, arms.Length);
        Assert.All(arms, arm => Assert.Equal(2, arm.GetProperty("grid").GetArrayLength()));
        Assert.All(arms, arm => Assert.Equal(2, arm.GetProperty("runs").GetArrayLength()));
        Assert.All(arms, arm => Assert.Equal(40, arm.GetProperty("runs")[0].GetProperty("epochs").GetArrayLength()));
        foreach (var file in (string[])[page, Path.Combine(folder["kept"], "quick", "2A.html")])
        {
            var html = File.ReadAllText(file);
            Assert.Contains("Training loss against steps, mean over seeds", html, StringComparison.Ordinal);
            Assert.Contains("what the paper says", html, StringComparison.Ordinal);
        }

        var again = CommandLine.Run(Tiny("--metrics", metrics));
        Assert.DoesNotContain(", seed ", again.Output, StringComparison.Ordinal);
        using var same = JsonDocument.Parse(File.ReadAllBytes(metrics));
        Assert.Equal(
            figure.GetProperty("numbers").GetRawText(),
            same.RootElement.GetProperty("figures")[0].GetProperty("numbers").GetRawText()
        );
    }

    [Fact]
    public void A_figure_that_was_stopped_continues_with_the_missing_runs()
    {
        // 41 evaluations and 40 steps a run: it stops in the second one.
        var stopped = CommandLine.RunAndStop(60, Tiny());
        Assert.Equal(ExitCode.Stopped, stopped.Code);
        Assert.StartsWith("Stopped in figure 2A, 1 of 1; 0 figures and all finished runs are in ", stopped.Error);
        Assert.Contains("the same command continues", stopped.Error, StringComparison.Ordinal);
        var rest = CommandLine.Run(Tiny());
        Assert.Equal(ExitCode.Success, rest.Code);
        Assert.Equal(11, rest.Output.Split(", seed ").Length - 1);
    }

    [Fact]
    public void Theorems_need_no_images()
    {
        var page = folder["theory.html"];
        string[] nowhere = ["--data", folder["nowhere"], "--out", folder["theory"], "--report", page];
        var answer = CommandLine.Run(["reproduce", "theory", .. nowhere]);
        Assert.Equal(("", ExitCode.Success), (answer.Error, answer.Code));
        Assert.Contains("no images", File.ReadAllText(page), StringComparison.Ordinal);
    }

    [Fact]
    public void The_list_names_every_figure()
    {
        var answer = CommandLine.Run("reproduce", "list");
        Assert.Equal(ExitCode.Success, answer.Code);
        foreach (var figure in Cli.Reproduce.ReproduceCommand.Figures)
            Assert.Contains($" {figure.Name} ", answer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_without_enough_images_or_classes_and_unknown_figures_are_refused_in_a_sentence()
    {
        var few = Idx.WriteSet(folder, train: 50, seed: 2);
        var answer = CommandLine.Run("reproduce", "2A", "--quick", "--data", few, "--out", folder["few"]);
        Assert.Contains("needs 200 training images; the data has 50", answer.LastSentence(), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder["few"], "quick", "2A.json")));

        File.WriteAllBytes(Path.Combine(few, Idx.TrainLabels), [.. Idx.Header(0x801, 50), .. new byte[50]]);
        answer = CommandLine.Run("reproduce", "2A", "--quick", "--data", few, "--out", folder["few"]);
        Assert.Contains("two classes", answer.Sentence(), StringComparison.Ordinal);

        Assert.Equal(ExitCode.Usage, CommandLine.Run("reproduce", "9Z").Code);
    }
}
