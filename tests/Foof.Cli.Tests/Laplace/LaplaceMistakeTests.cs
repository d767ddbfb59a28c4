using System.Text.Json;
using Foof.Cli.Training;

namespace Foof.Cli.Tests.Laplace;

public sealed class LaplaceMistakeTests(TrainedNetwork trained) : IClassFixture<TrainedNetwork>
{
    private static string Refusal(string model, params string[] options) =>
        CommandLine.Run(["laplace", "--model", model, "--quiet", .. options]).Sentence();

    [Theory]
    [InlineData("--prior-precision 0", "--prior-precision must be a positive number; got '0'.")]
    [InlineData("--prior-precision -1", "--prior-precision must be a positive number; got '-1'.")]
    [InlineData("--prior-precision NaN", "--prior-precision must be a positive number; got 'NaN'.")]
    [InlineData("--temperature 0", "--temperature must be a positive number; got '0'.")]
    [InlineData("--samples 0", "--samples must be a whole number from 1 to 100000; got '0'.")]
    [InlineData("--samples 100001", "--samples must be a whole number from 1 to 100000; got '100001'.")]
    [InlineData(
        "--structure kronn",
        "--structure must be one of kron, full, diag, foof, last-layer, last-layer-kron, last-layer-diag; "
            + "got 'kronn'; the nearest is kron."
    )]
    [InlineData(
        "--prior-precision 1 --tune evidence",
        "--prior-precision and --tune exclude each other: leave one out."
    )]
    public void Impossible_settings_are_refused(string options, string sentence) =>
        Assert.Equal(sentence, CommandLine.Run(["laplace", .. options.Split(' ')]).Sentence(ExitCode.Usage));

    [Fact]
    public void A_stop_while_its_own_network_is_trained_says_what_was_kept()
    {
        string[] command = ["laplace", "--data", trained.ManyData()];
        Assert.EndsWith("; nothing was kept, since there is no --out.\n", CommandLine.RunAndStop(1, command).Error);
        var kept = trained["half-trained"];
        Assert.EndsWith(
            $"; continue with: ./foof train --resume {kept}\nThen repeat the command with --model {kept}.\n",
            CommandLine.RunAndStop(1, [.. command, "--out", kept]).Error
        );
    }

    [Fact]
    public void A_folder_must_have_a_network()
    {
        foreach (var folder in new[] { trained["missing"], trained.Data })
            Assert.Equal(
                $"--model must name a folder with a checkpoint.safetensors; {folder} has none.",
                Refusal(folder)
            );
    }

    [Fact]
    public void A_damaged_network_is_refused()
    {
        var copy = Directory.CreateDirectory(trained["damaged"]).FullName;
        var bytes = File.ReadAllBytes(Checkpoint.File(trained.Network));
        bytes[^3] ^= 1;
        File.WriteAllBytes(Checkpoint.File(copy), bytes);
        Assert.StartsWith($"{Checkpoint.File(copy)} is damaged: its check sum", Refusal(copy));
        File.WriteAllBytes(Checkpoint.File(copy), bytes[..100]);
        Assert.StartsWith(Checkpoint.File(copy), Refusal(copy));
    }

    [Fact]
    public void Data_must_be_those_of_the_network() =>
        Assert.Equal(
            $"{trained.Network} was trained with other data: name the same data by --data.",
            Refusal(trained.Network, "--data", trained.OtherData())
        );

    [Theory]
    [InlineData("--test must be at most 20, the test images; got 21: lower it.", "--test", "21")]
    [InlineData("--subsample must be at most 40, the training images; got 41: lower it.", "--subsample", "41")]
    public void More_images_than_there_are_are_refused(string sentence, string option, string value) =>
        Assert.Equal(
            sentence,
            CommandLine.Run("laplace", "--model", trained.Network, option, value).Sentence(ExitCode.Usage)
        );

    [Fact]
    public void Data_that_cannot_do_are_refused_before_a_network_is_trained()
    {
        using var source = new CancellationTokenSource();
        var progress = new StopAt(null, source);
        string[] laplace = ["laplace", "--data", trained.Data];
        Assert.Equal(
            $"--data must have more than 2000 training images if no network is named; {trained.Data} has 60: train one by "
                + "./foof train --validation n --out DIR, and name it by --model DIR.",
            CommandLine.Run(progress, source.Token, laplace).Sentence()
        );
        string[] test = ["laplace", "--data", trained.ManyData(), "--test", "21"];
        Assert.Equal(
            "--test must be at most 20, the test images; got 21: lower it.",
            CommandLine.Run(progress, source.Token, test).Sentence(ExitCode.Usage)
        );
        Assert.Empty(progress.Titles);
    }

    [Fact]
    public void Validation_needs_images_that_were_held_out()
    {
        string[] options = ["--model", trained.Train("all", "--model", "linear"), "--tune", "validation"];
        Assert.Equal(
            "--tune validation needs images that were held out of training: train with --validation.",
            CommandLine.Run(["laplace", .. options, "--structure", "diag"]).Sentence(ExitCode.Usage)
        );
    }

    [Fact]
    public void A_network_without_classes_is_refused() =>
        Assert.Equal(
            "--model must be a network with classes; autoencoder has none.",
            Refusal(trained.Train("autoencoder", "--model", "autoencoder", "--learning-rate", "1e-4"))
        );

    [Fact]
    public void A_command_that_is_stopped_before_its_fit_writes_nothing()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        var (folder, metrics) = (trained["stopped"], trained["stopped.json"]);
        string[] files = ["--out", folder, "--metrics", metrics];
        var answer = CommandLine.Run(null, source.Token, ["laplace", "--model", trained.Network, .. files]);
        Assert.Equal(
            "Stopped before the posterior was fitted; the same command starts again.",
            answer.Sentence(ExitCode.Stopped)
        );
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
        Assert.False(File.Exists(metrics));
    }

    [Fact]
    public void A_command_that_is_stopped_while_it_evaluates_leaves_the_posterior_and_its_numbers()
    {
        using var source = new CancellationTokenSource();
        var (folder, metrics) = (trained["judging"], trained["judging.json"]);
        string[] command = ["laplace", "--model", trained.Network, "--structure", "diag", "--threads", "1"];
        string[] files = ["--out", folder, "--metrics", metrics];
        var answer = CommandLine.Run(new StopAt("predict", source), source.Token, [.. command, .. files]);
        Assert.Equal(
            $"Stopped before the posterior was evaluated; it is in {Path.Combine(folder, "posterior.safetensors")}: "
                + "to evaluate it, repeat the command with --force.",
            answer.Sentence(ExitCode.Stopped)
        );
        Assert.Equal(["posterior.safetensors"], Directory.EnumerateFiles(folder).Select(Path.GetFileName));
        using var parts = JsonDocument.Parse(File.ReadAllBytes(metrics));
        Assert.False(parts.RootElement.TryGetProperty("nll", out _));
        Assert.Equal(ExitCode.Success, CommandLine.Run([.. command, .. files, "--force"]).Code);
        using var whole = JsonDocument.Parse(File.ReadAllBytes(metrics));
        foreach (var name in new[] { "structure", "parameters", "prior_precision", "log_evidence" })
            Assert.Equal(
                whole.RootElement.GetProperty(name).GetRawText(),
                parts.RootElement.GetProperty(name).GetRawText()
            );
    }

    [Fact]
    public void Without_a_folder_a_stop_keeps_nothing_and_says_so()
    {
        using var source = new CancellationTokenSource();
        string[] command = ["laplace", "--model", trained.Network, "--structure", "diag", "--threads", "1"];
        Assert.Equal(
            "Stopped before the posterior was evaluated; nothing was kept, since there is no --out.",
            CommandLine.Run(new StopAt("predict", source), source.Token, command).Sentence(ExitCode.Stopped)
        );
    }

    [Fact]
    public void A_full_disk_names_the_file_and_what_to_repeat()
    {
        var folder = Directory.CreateDirectory(trained["full"]).FullName;
        string[] command = ["laplace", "--model", trained.Network, "--structure", "diag", "--out", folder];
        foreach (
            var (name, rest) in new[]
            {
                ("posterior.safetensors", "the posterior is not kept: make room, and repeat the command with --force."),
                (
                    "evidence.json",
                    "posterior.safetensors beside it is kept: make room, and repeat the command with --force."
                ),
            }
        )
        {
            var file = Path.Combine(folder, name);
            File.CreateSymbolicLink(file, "/dev/full");
            Assert.Equal(
                $"{file} could not be written (No space left on device); {rest}",
                CommandLine.Run([.. command, "--force"]).Sentence()
            );
            File.Delete(file);
        }
    }

    [Fact]
    public void A_network_that_was_trained_first_is_kept_and_not_trained_again_if_the_rest_is_stopped()
    {
        using var source = new CancellationTokenSource();
        var folder = trained["kept"];
        string[] small = ["--structure", "last-layer-diag", "--test", "5", "--threads", "1"];
        var answer = CommandLine.Run(
            new StopAt("fit last-layer-diag", source),
            source.Token,
            ["laplace", "--data", trained.ManyData(), "--out", folder, .. small]
        );
        Assert.Equal(
            $"Stopped before the posterior was fitted; the trained network is in {folder}: repeat the command with "
                + $"--model {folder}.",
            answer.Sentence(ExitCode.Stopped)
        );
        Assert.True(File.Exists(Checkpoint.File(folder)));
        Assert.False(File.Exists(Path.Combine(folder, "posterior.safetensors")));
        string[] again = ["laplace", "--model", folder, "--out", folder, .. small];
        Assert.Equal(ExitCode.Success, CommandLine.Run(again).Code);
    }

    [Fact]
    public void Validation_without_images_is_refused_before_anything_is_fitted()
    {
        using var source = new CancellationTokenSource();
        var progress = new StopAt(null, source);
        var network = trained.Train("every", "--model", "linear");
        CommandLine
            .Run(progress, source.Token, ["laplace", "--model", network, "--tune", "validation"])
            .Sentence(ExitCode.Usage);
        Assert.Empty(progress.Titles);
    }
}
