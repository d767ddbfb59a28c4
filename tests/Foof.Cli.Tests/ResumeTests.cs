using Foof.Cli.Training;

namespace Foof.Cli.Tests;

public sealed class ResumeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string data;

    public ResumeTests() => data = Idx.WriteSet(folder);

    public void Dispose() => folder.Dispose();

    private string[] Tiny(string optimizer, string run, params string[] more) =>
        Tiny("cnn", optimizer, run, more);

    private string[] Tiny(string model, string optimizer, string run, string[] more) =>
        [
            "train",
            "--data",
            data,
            "--model",
            model,
            "--optimizer",
            optimizer,
            "--batch-size",
            "12",
            .. Cadence(optimizer),
            "--out",
            folder[run],
            .. more,
        ];

    // Periods that end within an epoch, and a velocity.
    private static string[] Cadence(string optimizer) =>
        optimizer == "foof" ? ["--invert-every", "4", "--statistics-steps", "2", "--momentum", "0.5"] : [];

    private byte[] Weights(string run) =>
        File.ReadAllBytes(Path.Combine(folder[run], Checkpoint.ModelFileName));

    // The warm-up of FOOF shows five batches first.
    [Theory]
    [InlineData("cnn", "foof", 5 + 8)]
    [InlineData("linear", "foof", 5 + 5)]
    [InlineData("cnn", "sgd", 7)]
    [InlineData("cnn", "adam", 7)]
    [InlineData("linear", "adam", 5)]
    public void A_run_that_was_stopped_goes_on_to_the_same_bits(string model, string optimizer, int after)
    {
        Assert.Equal(ExitCode.Success, CommandLine.Run(Tiny(model, optimizer, "whole", [])).Code);
        var stopped = CommandLine.RunAndStop(after, Tiny(model, optimizer, "parts", []));
        Assert.Equal(ExitCode.Stopped, stopped.Code);
        Assert.Contains($"./foof train --resume {folder["parts"]}", stopped.Error, StringComparison.Ordinal);

        var resumed = CommandLine.Run("train", "--resume", folder["parts"]);
        Assert.Equal("", resumed.Error);
        Assert.Equal(ExitCode.Success, resumed.Code);
        Assert.Equal(Weights("whole"), Weights("parts"));
        Assert.Contains("epoch 3/3", resumed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void More_epochs_go_on_to_the_same_bits()
    {
        CommandLine.Run(Tiny("linear", "foof", "whole", ["--epochs", "3"]));
        CommandLine.Run(Tiny("linear", "foof", "parts", ["--epochs", "1"]));
        var unchanged = CommandLine.Run("train", "--resume", folder["parts"]);
        Assert.Contains("raise --epochs", unchanged.Sentence(), StringComparison.Ordinal);
        Assert.Equal(
            ExitCode.Success,
            CommandLine.Run("train", "--resume", folder["parts"], "--epochs", "3").Code
        );
        Assert.Equal(Weights("whole"), Weights("parts"));
    }

    [Fact]
    public void A_stop_in_the_warm_up_leaves_nothing()
    {
        var stopped = CommandLine.RunAndStop(2, Tiny("linear", "foof", "run", []));
        Assert.Equal(ExitCode.Stopped, stopped.Code);
        Assert.Contains("before anything was learnt; start again.", stopped.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder["run"]));
    }

    [Fact]
    public void A_stop_without_a_folder_says_that_nothing_was_kept()
    {
        var stopped = CommandLine.RunAndStop(2, Tiny("sgd", "run")[..^2]);
        Assert.Equal(ExitCode.Stopped, stopped.Code);
        Assert.Equal(
            "Stopped after step 2 of 5 in epoch 1; nothing was kept, since there is no --out.\n",
            stopped.Error
        );
    }

    [Theory]
    [InlineData("--model", "mlp", "--model cnn; got --model mlp")]
    [InlineData("--optimizer", "adam", "--optimizer sgd; got --optimizer adam")]
    [InlineData("--batch-size", "13", "--batch-size 12; got --batch-size 13")]
    [InlineData("--learning-rate", "0.5", "--learning-rate 0.01; got --learning-rate 0.5")]
    [InlineData("--seed", "1", "--seed 42; got --seed 1")]
    [InlineData("--subset", "20", "--subset all images; got --subset 20")]
    public void Another_run_is_refused_with_what_differs(string option, string value, string difference)
    {
        CommandLine.Run(Tiny("sgd", "run", "--epochs", "1"));
        var before = Weights("run");
        var sentence = CommandLine
            .Run("train", "--resume", folder["run"], "--epochs", "2", option, value)
            .Sentence();
        Assert.Contains(difference, sentence, StringComparison.Ordinal);
        Assert.Equal(before, Weights("run"));
    }

    [Fact]
    public void Other_data_are_refused()
    {
        CommandLine.Run(Tiny("sgd", "run", "--epochs", "1"));
        var other = Idx.WriteSet(folder, seed: 2);
        Assert.Contains(
            "was made with other data",
            CommandLine.Run("train", "--resume", folder["run"], "--epochs", "2", "--data", other).Sentence(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_folder_without_a_checkpoint_is_refused() =>
        Assert.Equal(
            $"--resume must name a folder with a checkpoint.safetensors; {folder.Path} has none.",
            CommandLine.Run("train", "--resume", folder.Path).Sentence()
        );

    [Fact]
    public void Weights_alone_are_no_checkpoint()
    {
        CommandLine.Run(Tiny("sgd", "run", "--epochs", "1"));
        File.Copy(
            Path.Combine(folder["run"], Checkpoint.ModelFileName),
            Checkpoint.File(folder["run"]),
            overwrite: true
        );
        Assert.EndsWith(
            "it does not tell of a run.",
            CommandLine.Run("train", "--resume", folder["run"]).Sentence(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_checkpoint_whose_weights_do_not_fit_its_model_is_refused()
    {
        CommandLine.Run(Tiny("sgd", "run", "--epochs", "1"));
        Rewrite(run => run.Replace("\"Model\":\"cnn\"", "\"Model\":\"mlp\"", StringComparison.Ordinal));
        Assert.Contains(
            "is a checkpoint of another model than mlp: 'linear1.weight' must be Float32 [1000, 784] and is",
            CommandLine.Run("train", "--resume", folder["run"], "--epochs", "2").Sentence(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_checkpoint_of_unknown_names_is_refused()
    {
        CommandLine.Run(Tiny("sgd", "run", "--epochs", "1"));
        Rewrite(run => run.Replace("\"Model\":\"cnn\"", "\"Model\":\"gpt\"", StringComparison.Ordinal));
        Assert.EndsWith(
            "got 'gpt'.",
            CommandLine.Run("train", "--resume", folder["run"], "--epochs", "2").Sentence(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_checkpoint_with_impossible_options_is_refused()
    {
        CommandLine.Run(Tiny("sgd", "run", "--epochs", "1"));
        Rewrite(run => run.Replace("\"BatchSize\":12", "\"BatchSize\":0", StringComparison.Ordinal));
        Assert.EndsWith(
            "it does not tell of a run.",
            CommandLine.Run("train", "--resume", folder["run"], "--epochs", "2").Sentence(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(100_000)]
    public void A_damaged_checkpoint_is_refused_in_one_sentence(int length)
    {
        CommandLine.Run(Tiny("sgd", "run", "--epochs", "1"));
        var file = Checkpoint.File(folder["run"]);
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..length]);
        var sentence = CommandLine.Run("train", "--resume", folder["run"]).Sentence();
        Assert.StartsWith(file, sentence, StringComparison.Ordinal);
    }

    private void Rewrite(Func<string, string> change)
    {
        var file = Checkpoint.File(folder["run"]);
        using var content = Safetensors.Load(file);
        Safetensors.Save(file, content.Tensors, [new("run", change(content.Metadata["run"]))]);
    }
}
