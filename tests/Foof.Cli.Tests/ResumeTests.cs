using System.Text;
using Foof.Cli.Training;

namespace Foof.Cli.Tests;

public sealed class ResumeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string data;

    public ResumeTests() => data = Idx.WriteSet(folder);

    public void Dispose() => folder.Dispose();

    private string[] Tiny(string optimizer, string run, params string[] more) => Tiny("cnn", optimizer, run, more);

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

    private byte[] Weights(string run) => File.ReadAllBytes(Path.Combine(folder[run], Checkpoint.ModelFileName));

    // The warm-up of FOOF shows five batches first.
    [Theory]
    [InlineData("cnn", "foof", 5 + 8)]
    [InlineData("linear", "foof", 5 + 5)]
    [InlineData("cnn", "sgd", 7)]
    [InlineData("cnn", "adam", 7)]
    [InlineData("linear", "adam", 5)]
    public void A_run_that_was_stopped_continues_to_the_same_bits(string model, string optimizer, int after)
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

    [Theory]
    [InlineData("--products", "bfloat16")]
    [InlineData("--pixels", "unit")]
    [InlineData("--statistics-share", "0.4")]
    [InlineData("--stale-steps", "3")]
    public void A_run_with_further_options_continues_to_the_same_bits(string option, string value)
    {
        Assert.Equal(ExitCode.Success, CommandLine.Run(Tiny("cnn", "foof", "whole", [option, value])).Code);
        // The warm-up's five batches, and eight or nine steps: the inversion of the eighth is under way.
        var stopped = CommandLine.RunAndStop(5 + 9, Tiny("cnn", "foof", "parts", [option, value]));
        Assert.Equal(ExitCode.Stopped, stopped.Code);
        var other = CommandLine.Run("train", "--resume", folder["parts"], "--stale-steps", "2");
        Assert.Contains("--stale-steps", other.Sentence(ExitCode.Usage), StringComparison.Ordinal);
        var resumed = CommandLine.Run("train", "--resume", folder["parts"]);
        Assert.Equal("", resumed.Error);
        Assert.Equal(ExitCode.Success, resumed.Code);
        Assert.Equal(Weights("whole"), Weights("parts"));

        CommandLine.Run(Tiny("cnn", "foof", "plain", []));
        Assert.NotEqual(Weights("plain"), Weights("whole"));
    }

    [Fact]
    public void More_epochs_continue_to_the_same_bits()
    {
        CommandLine.Run(Tiny("linear", "foof", "whole", ["--epochs", "3"]));
        CommandLine.Run(Tiny("linear", "foof", "parts", ["--epochs", "1"]));
        var unchanged = CommandLine.Run("train", "--resume", folder["parts"]);
        Assert.Contains("is finished: raise --epochs to continue.", unchanged.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, CommandLine.Run("train", "--resume", folder["parts"], "--epochs", "3").Code);
        Assert.Equal(Weights("whole"), Weights("parts"));
        Assert.Equal(
            $"--epochs must be at least 3, the finished epochs of the run in {folder["parts"]}; got 2: raise it to continue.",
            CommandLine.Run("train", "--resume", folder["parts"], "--epochs", "2").Sentence(ExitCode.Usage)
        );
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
    [InlineData("--pixels", "unit", "--pixels standardised; got --pixels unit")]
    public void Another_run_is_refused_with_what_differs(string option, string value, string difference)
    {
        CommandLine.Run(Tiny("sgd", "run", "--epochs", "1"));
        var before = Weights("run");
        var sentence = CommandLine
            .Run("train", "--resume", folder["run"], "--epochs", "2", option, value)
            .Sentence(ExitCode.Usage);
        Assert.Contains(difference, sentence, StringComparison.Ordinal);
        Assert.Equal(before, Weights("run"));
    }

    [Fact]
    public void Data_named_relative_to_the_working_folder_are_kept_by_their_full_path()
    {
        CommandLine.Run(Tiny("linear", "sgd", "run", ["--epochs", "1"]));
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, data);
        CommandLine.Run("train", "--resume", folder["run"], "--epochs", "2", "--data", relative);
        using var checkpoint = Checkpoint.Load(folder["run"]);
        Assert.Equal(3, checkpoint.Run.Epoch);
        Assert.Equal(data, checkpoint.Run.Options.Data);
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
            "it has no record of a run.",
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
            "is a checkpoint of another model than mlp: 'linear1.weight' must be [1000; 784] of Float32 and is",
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
            "it has no record of a run.",
            CommandLine.Run("train", "--resume", folder["run"], "--epochs", "2").Sentence(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(0, "the file has 0.")]
    [InlineData(20, "as the header's length at offset 0 says; it has 20.")]
    [InlineData(20_000, "as its header says; it has 20000.")]
    public void A_truncated_checkpoint_is_damaged(int length, string how)
    {
        var sentence = Damaged(bytes => bytes[..length]);
        Assert.EndsWith(how, sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.linear.weight", "model.linear.weighX")]
    [InlineData("linear.weight.velocity", "linear.weight.velociXy")]
    [InlineData("\"F32\"", "\"I32\"")]
    [InlineData("Fingerprint", "XXXXXXXXXXX")]
    [InlineData("check_sum", "check_XXX")]
    [InlineData("\"run\"", "\"XXX\"")]
    public void A_checkpoint_whose_header_was_overwritten_is_damaged_and_not_another_models(string old, string written)
    {
        var sentence = Damaged(bytes =>
        {
            var place = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(old));
            Encoding.UTF8.GetBytes(written).CopyTo(bytes, place);
            return bytes;
        });
        Assert.Contains("its check sum must be", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_whose_weights_were_overwritten_is_damaged()
    {
        var sentence = Damaged(bytes =>
        {
            bytes[^10_000] ^= 1;
            return bytes;
        });
        Assert.Contains("its check sum must be", sentence, StringComparison.Ordinal);
    }

    private string Damaged(Func<byte[], byte[]> damage)
    {
        CommandLine.Run(Tiny("linear", "sgd", "run", ["--epochs", "1"]));
        var file = Checkpoint.File(folder["run"]);
        File.WriteAllBytes(file, damage(File.ReadAllBytes(file)));
        var sentence = CommandLine.Run("train", "--resume", folder["run"], "--epochs", "2").Sentence();
        Assert.StartsWith($"{file} is damaged: ", sentence, StringComparison.Ordinal);
        return sentence;
    }

    private void Rewrite(Func<string, string> change)
    {
        var file = Checkpoint.File(folder["run"]);
        using var content = Safetensors.Load(file);
        var run = change(content.Metadata[Checkpoint.RunKey]);
        Safetensors.Save(
            file,
            content.Tensors,
            [new(Checkpoint.RunKey, run), new(Checkpoint.CheckSumKey, FileCheckSum.Of(content.Tensors, run))]
        );
    }
}
