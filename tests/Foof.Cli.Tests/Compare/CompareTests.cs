using System.Text.Json;
using Foof.Cli.Compare;

namespace Foof.Cli.Tests.Compare;

public sealed class CompareTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string data;

    public CompareTests() => data = Idx.WriteSet(folder);

    public void Dispose() => folder.Dispose();

    private string[] Tiny(params string[] more) =>
        ["compare", "--data", data, "--model", "linear", "--batch-size", "15", "--epochs", "2", .. more];

    [Fact]
    public void A_grid_makes_a_table_numbers_and_a_page()
    {
        var (metrics, page) = (folder["metrics.json"], folder["page.html"]);
        string[] grid = ["--optimizers", "foof,sgd", "--learning-rate", "0.01,0.1", "--damping", "0.5,1"];
        var answer = CommandLine.Run(Tiny([.. grid, "--metrics", metrics, "--report", page]));
        Assert.Equal("", answer.Error);
        Assert.Equal(ExitCode.Success, answer.Code);
        Assert.Contains("Run 6 of 6: sgd with learning rate 0.1", answer.Output, StringComparison.Ordinal);

        using var json = JsonDocument.Parse(File.ReadAllBytes(metrics));
        var runs = json.RootElement.GetProperty("runs").EnumerateArray().ToArray();
        Assert.Equal(
            ["foof 0.01 0.5", "foof 0.01 1", "foof 0.1 0.5", "foof 0.1 1", "sgd 0.01 ", "sgd 0.1 "],
            runs.Select(run =>
                $"{run.GetProperty("optimizer")} {run.GetProperty("learning_rate")} " + $"{run.GetProperty("damping")}"
            )
        );
        Assert.All(runs, run => Assert.Equal(2, run.GetProperty("epochs").GetArrayLength()));
        Assert.Equal(7850, json.RootElement.GetProperty("parameters").GetInt64());

        var html = File.ReadAllText(page);
        Assert.Contains("<h1>Foof and sgd compared</h1>", html, StringComparison.Ordinal);
        foreach (var title in new[] { "Loss against epochs and seconds", "Learning rate and damping", "Settings" })
            Assert.Contains($">{title}</h2>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_with_a_run_that_diverged_says_so_in_whole_sentences()
    {
        var page = folder["page.html"];
        string[] grid = ["--optimizers", "foof,sgd", "--learning-rate", "1e38", "--damping", "1,1e38"];
        Assert.Equal(ExitCode.Success, CommandLine.Run(Tiny([.. grid, "--report", page])).Code);
        var html = File.ReadAllText(page);
        Assert.Contains(" Sgd diverged in every run and has no line.</p>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("Over the grid, .", html, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "NaN",
            html[..html.IndexOf("<script>", StringComparison.Ordinal)],
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_stopped_comparison_continues_with_the_missing_runs()
    {
        var kept = folder["kept"];
        var (metrics, page) = (folder["metrics.json"], folder["page.html"]);
        string[] grid = Tiny("--optimizers", "sgd,adam", "--out", kept, "--metrics", metrics, "--report", page);
        // Nothing is kept of a run that is not finished.
        Assert.Equal(
            "Stopped in run 1 of 2; no run is finished: the same command starts again.\n",
            CommandLine.RunAndStop(1, grid).Error
        );
        Assert.False(File.Exists(Path.Combine(kept, RunTable.FileName)));
        Assert.Equal((0, false), (Runs(metrics), File.Exists(page)));
        // Eight steps of sgd, and one of adam.
        var stopped = CommandLine.RunAndStop(9, grid);
        Assert.Equal(
            $"Stopped in run 2 of 2; the finished ones are in {Path.Combine(kept, RunTable.FileName)}: "
                + "the same command continues.\n",
            stopped.Error
        );
        Assert.Equal(ExitCode.Stopped, stopped.Code);
        var first = Seconds(kept);
        Assert.Single(first);
        Assert.Equal(1, Runs(metrics));
        Assert.Contains("<h1>Sgd compared</h1>", File.ReadAllText(page), StringComparison.Ordinal);

        var answer = CommandLine.Run(grid);
        Assert.Equal(ExitCode.Success, answer.Code);
        Assert.Contains(
            "Run 1 of 2: sgd with learning rate 0.01, momentum 0.9 (finished before)",
            answer.Output,
            StringComparison.Ordinal
        );
        Assert.Equal([.. first], Seconds(kept)[..1]);
        Assert.Equal(2, Seconds(kept).Length);

        // Other settings give other runs, next to these.
        CommandLine.Run([.. grid, "--seed", "7"]);
        Assert.Equal(4, Seconds(kept).Length);
    }

    private static int Runs(string metrics)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(metrics));
        return json.RootElement.GetProperty("runs").GetArrayLength();
    }

    private static double[] Seconds(string folder)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, RunTable.FileName)));
        return
        [
            .. json
                .RootElement.EnumerateArray()
                .Select(run => run.GetProperty("Epochs")[0].GetProperty("seconds").GetDouble()),
        ];
    }

    [Fact]
    public void A_grid_that_grows_trains_only_the_new_runs()
    {
        string[] grid = ["--optimizers", "foof", "--epochs", "1", "--out", folder["kept"], "--learning-rate"];
        string[] Grid(string rates, string dampings) =>
            [.. Tiny().Where(word => word is not ("--epochs" or "2")), .. grid, rates, "--damping", dampings];
        Assert.Equal(ExitCode.Success, CommandLine.Run(Grid("0.1,0.3", "0.1")).Code);
        var first = Seconds(folder["kept"]);
        Assert.Equal(2, first.Length);

        var answer = CommandLine.Run(Grid("0.1,0.3,1", "0.1,1"));
        Assert.Equal(ExitCode.Success, answer.Code);
        var lines = answer.Output.Split('\n').Where(line => line.StartsWith("Run ", StringComparison.Ordinal));
        Assert.Equal(
            [true, false, true, false, false, false],
            lines.Select(line => line.EndsWith("(finished before)", StringComparison.Ordinal))
        );
        Assert.Equal(6, Seconds(folder["kept"]).Length);
        Assert.Equal(first, Seconds(folder["kept"])[..2]);

        // All runs are there, so nothing is trained and the table is the same.
        var again = CommandLine.Run([.. Grid("0.1,0.3,1", "0.1,1"), "--quiet"]);
        Assert.Contains(again.Output, answer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_data_have_runs_of_their_own()
    {
        var kept = folder["kept"];
        CommandLine.Run(Tiny("--optimizers", "sgd", "--out", kept));
        var other = Idx.WriteSet(folder, seed: 2);
        CommandLine.Run([.. Tiny("--optimizers", "sgd", "--out", kept).Select(word => word == data ? other : word)]);
        Assert.Equal(2, Seconds(kept).Length);
    }

    [Fact]
    public void A_run_that_diverges_is_a_result_and_the_others_continue()
    {
        var page = folder["page.html"];
        var answer = CommandLine.Run(Tiny("--optimizers", "sgd", "--learning-rate", "1e38,0.01", "--report", page));
        Assert.Equal(ExitCode.Success, answer.Code);
        Assert.StartsWith("Note: sgd has no result: Training stopped at", answer.Error);
        Assert.Contains("diverged", answer.Output, StringComparison.Ordinal);
        Assert.Contains("1 run of 2 diverged and has no loss.", File.ReadAllText(page), StringComparison.Ordinal);
    }

    [Fact]
    public void When_every_run_diverges_there_is_no_page()
    {
        var page = folder["page.html"];
        var answer = CommandLine.Run(Tiny("--optimizers", "sgd", "--learning-rate", "1e38", "--report", page));
        Assert.Equal(ExitCode.Failure, answer.Code);
        Assert.EndsWith("Every run diverged: lower --learning-rate or raise --damping.\n", answer.Error);
        Assert.False(File.Exists(page));
    }

    [Theory]
    [InlineData("{", "line 1 is not valid JSON for it")]
    [InlineData("[{}]", "it has no list of finished runs")]
    [InlineData("[null]", "it has no list of finished runs")]
    public void A_damaged_table_is_refused(string content, string reason)
    {
        var kept = Directory.CreateDirectory(folder["kept"]).FullName;
        var file = Path.Combine(kept, RunTable.FileName);
        File.WriteAllText(file, content);
        Assert.Equal(
            $"{file} is damaged: {reason}; remove it, or name another folder by --out.",
            CommandLine.Run(Tiny("--optimizers", "sgd", "--out", kept)).Sentence()
        );
        Assert.Equal(content, File.ReadAllText(file));
    }

    [Fact]
    public void A_training_run_has_a_page_too_with_its_wrong_images()
    {
        var page = folder["page.html"];
        string[] run = ["train", .. Tiny()[1..], "--optimizer", "sgd", "--learning-rate", "1e-4"];
        var answer = CommandLine.Run([.. run, "--report", page]);
        Assert.Equal("", answer.Error);
        Assert.EndsWith($"The report is in {page}.\n", answer.Output);
        var html = File.ReadAllText(page);
        Assert.Contains("<h1>sgd on data1</h1>", html, StringComparison.Ordinal);
        foreach (var title in new[] { "Reliability", "Confidence of wrong and foreign images", "How it was measured" })
            Assert.Contains($">{title}</h2>", html, StringComparison.Ordinal);
        Assert.Matches("alt=\"Test image [0-9]+, class [0-9], taken for class [0-9] with a confidence of", html);
    }

    [Fact]
    public void A_model_without_classes_has_a_page_without_accuracy()
    {
        var page = folder["page.html"];
        string[] run = ["train", "--data", data, "--model", "autoencoder", "--optimizer", "sgd", "--epochs", "1"];
        var answer = CommandLine.Run([.. run, "--learning-rate", "1e-3", "--report", page]);
        Assert.Equal(ExitCode.Success, answer.Code);
        Assert.DoesNotContain(">Reliability</h2>", File.ReadAllText(page), StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_that_cannot_be_written_is_refused_before_training() =>
        Assert.Equal(
            $"--report must name a file; {folder.Path} is a folder.",
            CommandLine.Run(Tiny("--report", folder.Path)).Sentence()
        );
}
