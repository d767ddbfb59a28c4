using System.Text.Json;

namespace Foof.Cli.Tests;

public sealed class TrainTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string data;

    public TrainTests() => data = Idx.WriteSet(folder);

    public void Dispose() => folder.Dispose();

    private string[] Tiny(string model, string optimizer, params string[] more) =>
        ["train", "--data", data, "--model", model, "--optimizer", optimizer, "--batch-size", "15", .. more];

    [Theory]
    [InlineData("linear", "foof", 7850)]
    [InlineData("linear", "sgd", 7850)]
    [InlineData("linear", "adam", 7850)]
    [InlineData("cnn", "foof", 206922)]
    [InlineData("mlp", "foof", 2794000)]
    public void Training_lowers_the_loss_and_writes_the_metrics_of_the_contract(
        string model,
        string optimizer,
        int parameters
    )
    {
        var file = folder["metrics.json"];
        var answer = CommandLine.Run(Tiny(model, optimizer, "--epochs", "2", "--metrics", file));
        Assert.Equal("", answer.Error);
        Assert.Equal(ExitCode.Success, answer.Code);
        Assert.Contains("epoch 2/2: train loss ", answer.Output, StringComparison.Ordinal);
        Assert.Contains("test accuracy", answer.Output, StringComparison.Ordinal);
        Assert.Contains($"{parameters:N0} parameters, {optimizer} with", answer.Output, StringComparison.Ordinal);

        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        var root = json.RootElement;
        Assert.Equal("train", root.GetProperty("command").GetString());
        Assert.Equal(optimizer, root.GetProperty("optimizer").GetString());
        Assert.Equal(parameters, root.GetProperty("parameters").GetInt64());
        Assert.True(root.GetProperty("peak_rss_mb").GetDouble() > 1);
        var epochs = root.GetProperty("epochs").EnumerateArray().ToArray();
        Assert.Equal([1, 2], epochs.Select(epoch => epoch.GetProperty("epoch").GetInt32()));
        foreach (var name in new[] { "train_loss", "test_loss", "test_accuracy", "seconds", "step_ms_median" })
            Assert.All(epochs, epoch => Assert.True(double.IsFinite(epoch.GetProperty(name).GetDouble())));
        Assert.True(epochs[1].GetProperty("train_loss").GetDouble() < epochs[0].GetProperty("train_loss").GetDouble());
    }

    [Fact]
    public void The_autoencoder_has_no_accuracy()
    {
        var file = folder["metrics.json"];
        var answer = CommandLine.Run(
            Tiny("autoencoder", "sgd", "--epochs", "1", "--learning-rate", "1e-3", "--metrics", file)
        );
        Assert.Equal(ExitCode.Success, answer.Code);
        Assert.DoesNotContain("accuracy", answer.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        Assert.Equal(
            JsonValueKind.Null,
            json.RootElement.GetProperty("epochs")[0].GetProperty("test_accuracy").ValueKind
        );
    }

    [Fact]
    public void The_residual_network_learns()
    {
        var answer = CommandLine.Run(
            Tiny("resnet18", "sgd", "--epochs", "1", "--subset", "8", "--batch-size", "4")[..^4]
        );
        Assert.Equal(ExitCode.Success, answer.Code);
        Assert.Contains("11,172,810 parameters", answer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_and_another_seed_others()
    {
        var weights = new[] { "1", "1", "2" }
            .Select(
                (seed, run) =>
                {
                    CommandLine.Run(Tiny("linear", "foof", "--epochs", "1", "--seed", seed, "--out", folder[$"{run}"]));
                    return File.ReadAllBytes(Path.Combine(folder[$"{run}"], "model.safetensors"));
                }
            )
            .ToArray();
        Assert.Equal(weights[0], weights[1]);
        Assert.NotEqual(weights[0], weights[2]);
    }

    [Theory]
    [InlineData("foof")]
    [InlineData("sgd")]
    [InlineData("adam")]
    public void A_loss_that_is_not_a_number_stops_and_keeps_the_last_checkpoint(string optimizer)
    {
        var run = folder["run"];
        CommandLine.Run(Tiny("linear", optimizer, "--epochs", "1", "--out", run));
        var before = File.ReadAllBytes(Path.Combine(run, "checkpoint.safetensors"));
        var sentence = CommandLine
            .Run(Tiny("linear", optimizer, "--epochs", "90", "--learning-rate", "1e38", "--out", run, "--force"))
            .LastSentence();
        Assert.Matches("^Training stopped (at|after) step [0-9]+ of epoch 1: ", sentence);
        Assert.Contains("checkpoint.safetensors is as it was.", sentence, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(run, "checkpoint.safetensors")));
    }

    [Fact]
    public void A_run_is_replaced_by_force_alone_and_continued_without_it()
    {
        var run = folder["run"];
        string[] command = Tiny("linear", "sgd", "--epochs", "1", "--out", run);
        Assert.Equal("", CommandLine.Run(command).Error);
        Assert.Equal(
            $"--out must name a folder without a run; {run} has a checkpoint.safetensors: name another, continue "
                + $"it by ./foof train --resume {run}, or replace the run by --force.",
            CommandLine.Run(command).Sentence()
        );
        Assert.Equal("", CommandLine.Run([.. command, "--force"]).Error);
        Assert.Equal("", CommandLine.Run("train", "--resume", run, "--epochs", "2", "--out", run).Error);
        CommandLine.Run([.. command[..^1], folder["other"]]);
        string[] resume = ["train", "--resume", folder["other"], "--epochs", "2", "--out", run];
        Assert.Contains("--force", CommandLine.Run(resume).Sentence(), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_without_effect_are_noted()
    {
        var answer = CommandLine.Run(Tiny("linear", "adam", "--epochs", "1", "--damping", "2"));
        Assert.Equal(ExitCode.Success, answer.Code);
        Assert.Equal("Note: --damping has no effect with adam.\n", answer.Error);
    }

    [Fact]
    public void The_folder_of_a_file_is_made()
    {
        var metrics = folder["runs/new/metrics.json"];
        var answer = CommandLine.Run(Tiny("linear", "sgd", "--epochs", "1", "--metrics", metrics));
        Assert.Equal(ExitCode.Success, answer.Code);
        Assert.True(File.Exists(metrics));
    }

    [Fact]
    public void Places_that_cannot_be_written_are_refused_before_training()
    {
        var file = folder["file"];
        File.WriteAllText(file, "");
        var answer = CommandLine.Run(Tiny("linear", "sgd", "--out", Path.Combine(file, "run")));
        Assert.StartsWith(
            "--out must name a folder that can be written; ",
            answer.Sentence(),
            StringComparison.Ordinal
        );
        Assert.Equal("", answer.Output);
        answer = CommandLine.Run(Tiny("linear", "sgd", "--metrics", Path.Combine(file, "metrics.json")));
        Assert.StartsWith(
            "--metrics must name a file that can be written; ",
            answer.Sentence(),
            StringComparison.Ordinal
        );
        answer = CommandLine.Run(Tiny("linear", "sgd", "--metrics", folder.Path));
        Assert.Equal($"--metrics must name a file; {folder.Path} is a folder.", answer.Sentence());
        Assert.Equal(["file"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Wrong_data_leaves_nothing_behind()
    {
        File.Delete(Path.Combine(data, Idx.TestLabels));
        Assert.Contains(
            "found neither.",
            CommandLine.Run(Tiny("linear", "sgd", "--out", folder["run"])).Sentence(),
            StringComparison.Ordinal
        );
        Assert.False(Directory.Exists(folder["run"]));
    }
}
