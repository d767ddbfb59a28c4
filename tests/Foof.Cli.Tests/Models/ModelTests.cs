using System.Text.Json;
using Foof.Cli.Training;

namespace Foof.Cli.Tests.Models;

/// <summary>The networks of modern layers, on small images that are made here.</summary>
public sealed class ModelTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static string[] Train(string network, string data, params string[] more) =>
        ["train", "--data", data, "--batch-size", "10", "--threads", "1", .. network.Split(' '), .. more];

    private static JsonElement Numbers(params string[] command)
    {
        var answer = CommandLine.Run([.. command, "--json", "--quiet"]);
        Assert.True(answer.Code == ExitCode.Success, answer.Error);
        using var json = JsonDocument.Parse(answer.Output);
        return json.RootElement.Clone();
    }

    private static double Loss(JsonElement numbers) =>
        numbers.GetProperty("epochs").EnumerateArray().Last().GetProperty("train_loss").GetDouble();

    private byte[] Weights(string run) => File.ReadAllBytes(Path.Combine(folder[run], Checkpoint.ModelFileName));

    public static TheoryData<string> Networks =>
        [
            "--model wrn",
            "--model wrn --norm none --depth 16",
            "--model vit --depth 2 --width 16",
            "--model vit --depth 1 --width 12 --heads 3 --pooling token",
            "--model gnn --width 8",
            "--model rnn --width 8",
            "--model rnn --width 8 --cell gru",
            "--model rnn --width 8 --cell rnn",
            "--model vgg --width 4",
            "--model vgg --width 4 --norm none",
        ];

    [Theory]
    [MemberData(nameof(Networks))]
    public void A_network_learns_and_continues_to_the_same_bits(string network)
    {
        string[] command = Train(network, Idx.WriteShape(folder, [12, 12]), "--optimizer", "kfac", "--epochs", "3");
        var end = Loss(Numbers([.. command, "--out", folder["whole"]]));
        Assert.True(end < Loss(Numbers([.. command, "--learning-rate", "1e-12"])));
        // The warm-up shows three or four batches first.
        Assert.Equal(ExitCode.Stopped, CommandLine.RunAndStop(9, [.. command, "--out", folder["parts"]]).Code);
        Assert.Equal(ExitCode.Success, CommandLine.Run("train", "--resume", folder["parts"]).Code);
        Assert.Equal(Weights("whole"), Weights("parts"));
    }

    // Numbers of weights by hand: convolutions, norms' two vectors, linear layers.
    [Theory]
    [InlineData("--model mlp --hidden 3", (3 * 7 * 5 + 1) * 3 + 4 * 4)]
    [InlineData("--model linear", (3 * 7 * 5 + 1) * 4)]
    [InlineData("--model cnn", 28 * 16 - 16 + 16 * 18 - 16 * 18 + 16 + 145 * 32 + 33 * 128 + 129 * 4)]
    [InlineData(
        "--model wrn --width 2",
        27 * 16
            + (32 + 16 * 9 * 32 + 64 + 32 * 9 * 32 + 16 * 32)
            + (64 + 32 * 9 * 64 + 128 + 64 * 9 * 64 + 32 * 64)
            + (128 + 64 * 9 * 128 + 256 + 128 * 9 * 128 + 64 * 128)
            + 256
            + 129 * 4
    )]
    [InlineData("--model vit --depth 1 --width 8", 49 * 8 + 4 * 8 + (2 * 16 + 4 * 72 + 9 * 32 + 33 * 8) + 16 + 9 * 4)]
    [InlineData(
        "--model vit --depth 1 --width 8 --pooling token",
        49 * 8 + 5 * 8 + 8 + (2 * 16 + 4 * 72 + 9 * 32 + 33 * 8) + 16 + 9 * 4
    )]
    [InlineData("--model gnn --depth 1 --width 8", 49 * 8 + 3 * 8 + (33 * 8 + 2 * 25 * 8 + 3 * (72 + 16)) + 9 * 4)]
    [InlineData("--model rnn --width 8", 4 * 8 * (16 + 9) + 9 * 4)]
    [InlineData("--model rnn --width 8 --cell rnn", 8 * (16 + 9) + 9 * 4)]
    [InlineData(
        "--model vgg --width 2 --norm none",
        28 * 2 + 19 * 4 + 37 * 8 + 73 * 8 + 73 * 16 + 145 * 16 + 145 * 16 + 145 * 16 + 17 * 4
    )]
    public void A_network_is_made_for_the_shape_and_the_classes_of_its_data(string network, int parameters)
    {
        var data = Idx.WriteShape(folder, [3, 7, 5], classes: 4, train: 12, test: 4);
        var numbers = Numbers(Train(network, data, "--optimizer", "sgd", "--epochs", "1"));
        Assert.Equal(parameters, numbers.GetProperty("parameters").GetInt32());
        Assert.True(double.IsFinite(Loss(numbers)));
    }

    [Theory]
    [InlineData("--model autoencoder")]
    [InlineData("--model resnet18")]
    public void The_networks_of_before_take_other_shapes_too(string network)
    {
        var data = Idx.WriteShape(folder, [3, 9, 6], classes: 1, train: 12, test: 2);
        if (network.EndsWith("resnet18", StringComparison.Ordinal))
            data = Idx.WriteShape(folder, [3, 9, 6], classes: 2, train: 12, test: 2);
        Assert.True(double.IsFinite(Loss(Numbers(Train(network, data, "--optimizer", "adam", "--epochs", "1")))));
    }

    [Theory]
    [InlineData("--model vit --pooling token --optimizer kfac", "positions token")]
    [InlineData("--model vit --depth 1 --optimizer kfac", "positions")]
    [InlineData("--model wrn --optimizer kfac", "")]
    [InlineData("--model gnn --width 8 --optimizer sgd", "")]
    [InlineData("--model rnn --width 8 --optimizer foof", "")]
    public void What_no_layer_covers_is_named(string network, string names)
    {
        var metrics = folder["metrics.json"];
        string[] command = Train(network, Idx.WriteShape(folder, [8, 8]), "--epochs", "1", "--metrics", metrics);
        var answer = CommandLine.Run(command);
        Assert.Equal(ExitCode.Success, answer.Code);
        string[] plain = names.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        using var json = JsonDocument.Parse(File.ReadAllBytes(metrics));
        Assert.Equal(
            plain,
            json.RootElement.GetProperty("plain_parameters").EnumerateArray().Select(name => name.GetString())
        );
        var reasons = plain.Select(name => $"'{name}' (it belongs to no kind of layer that is covered)");
        Assert.Equal(
            names.Length == 0
                ? ""
                : "Note: Some trained parameters take plain gradient steps, since no layer covers them: "
                    + $"{string.Join(", ", reasons)}.\n",
            answer.Error
        );
    }

    [Theory]
    [InlineData("--model cnn", "--model cnn needs images of 4x4 pixels at least, which it pools twice; got 1x1")]
    [InlineData(
        "--model gnn",
        "--model gnn needs images of more than 4x4 pixels, whose patches have edges between them; got 1x1"
    )]
    public void Images_that_are_too_small_are_refused(string network, string sentence)
    {
        var data = Idx.WriteShape(folder, [1, 1]);
        Assert.Equal(
            $"{sentence}: take another model, or other data by --data.",
            CommandLine.Run(Train(network, data, "--out", folder["run"])).Sentence(ExitCode.Usage)
        );
        Assert.False(Directory.Exists(folder["run"]));
        string[] grid = ["compare", "--data", data, "--optimizers", "sgd", "--model", network.Split(' ')[1]];
        Assert.StartsWith(sentence, CommandLine.Run(grid).Sentence(ExitCode.Usage), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--model vit --width 8")]
    [InlineData("--model rnn")]
    [InlineData("--model vgg --width 2")]
    [InlineData("--model wrn")]
    [InlineData("--model mlp --hidden 3")]
    public void One_pixel_is_enough_where_nothing_is_pooled(string network)
    {
        var data = Idx.WriteShape(folder, [1, 1], classes: 2);
        Assert.True(double.IsFinite(Loss(Numbers(Train(network, data, "--optimizer", "adam", "--epochs", "1")))));
    }

    [Theory]
    [InlineData("wrn")]
    [InlineData("vgg")]
    [InlineData("resnet18")]
    public void A_batch_norm_over_one_number_is_refused_before_training(string model)
    {
        string[] command = Train($"--model {model}", Idx.WriteShape(folder, [1, 1], classes: 2), "--subset", "21");
        Assert.Equal(
            "--batch-size must leave two of the 21 images of 1x1 pixels for the last batch, for the batch norms of "
                + $"{model}; got 10: change it by one.",
            CommandLine.Run(command).Sentence(ExitCode.Usage)
        );
    }

    [Fact]
    public void One_class_is_refused_where_classes_are_learnt()
    {
        var data = Idx.WriteShape(folder, [4, 4], classes: 1);
        Assert.Equal(
            "--model linear needs data with two classes at least; all labels are 0: take another model, or other data by "
                + "--data.",
            CommandLine.Run(Train("--model linear", data)).Sentence(ExitCode.Usage)
        );
        Assert.Equal(
            "--data must have two classes at least; all labels are 0: name other data.",
            CommandLine.Run("continual", "--data", data, "--validation", "10").Sentence(ExitCode.Usage)
        );
    }

    [Fact]
    public void A_saved_network_refuses_data_of_another_shape()
    {
        var data = Idx.WriteShape(folder, [8, 8]);
        var other = Idx.WriteShape(folder, [3, 8, 8]);
        Numbers(Train("--model gnn --width 8", data, "--epochs", "1", "--out", folder["run"]));
        Assert.Equal(
            $"The checkpoint in {folder["run"]} was made with other data than {other}: name the same data by --data.",
            CommandLine.Run("train", "--resume", folder["run"], "--epochs", "2", "--data", other).Sentence()
        );
        Assert.Equal(
            $"{folder["run"]} was trained with other data: name the same data by --data.",
            CommandLine.Run("laplace", "--model", folder["run"], "--data", other).Sentence()
        );
        Assert.Equal(
            $"The checkpoint in {folder["run"]} was made with --width 8; got --width 9: leave it out to continue.",
            CommandLine.Run("train", "--resume", folder["run"], "--width", "9").Sentence(ExitCode.Usage)
        );
        Assert.Equal(
            $"The checkpoint in {folder["run"]} was made with --heads none; got --heads 2: leave it out to continue.",
            CommandLine.Run("train", "--resume", folder["run"], "--heads", "2").Sentence(ExitCode.Usage)
        );
    }

    [Theory]
    [InlineData("--model vit --depth 1 --width 8 --pooling token", "Some trained parameters")]
    [InlineData("--model rnn --width 4", "")]
    [InlineData("--model gnn --depth 1 --width 4", "")]
    [InlineData("--model wrn --norm none", "")]
    public void A_posterior_is_fitted_around_a_network_and_says_what_it_leaves_out(string network, string note)
    {
        var data = Idx.WriteShape(folder, [3, 8, 6], classes: 3);
        Numbers(Train(network, data, "--epochs", "1", "--optimizer", "adam", "--out", folder["run"]));
        var answer = CommandLine.Run([
            "laplace",
            "--model",
            folder["run"],
            "--test",
            "8",
            "--threads",
            "1",
            "--report",
            folder["page.html"],
        ]);
        Assert.Equal(ExitCode.Success, answer.Code);
        Assert.Equal(note.Length > 0, answer.Error.Contains("'token'", StringComparison.Ordinal));
        Assert.Contains(note, answer.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vit", "permuted")]
    [InlineData("rnn", "split")]
    public void Tasks_are_learnt_one_after_the_other_by_any_network(string model, string scenario)
    {
        string[] tasks = ["continual", "--scenario", scenario, "--tasks", "2", "--model", model, "--threads", "1"];
        string[] small = ["--data", Idx.WriteShape(folder, [3, 8, 6], classes: 5), "--validation", "15"];
        var answer = CommandLine.Run([.. tasks, .. small, "--variants", "plain,diagonal-online", "--strength", "1"]);
        Assert.Equal((ExitCode.Success, ""), (answer.Code, answer.Error));
        Assert.Equal(model == "vit", answer.Output.Contains("'network.positions'", StringComparison.Ordinal));
    }

    [Fact]
    public void The_options_of_a_network_are_in_the_command_of_its_page()
    {
        const string network = "--model vit --depth 1 --width 12 --heads 3 --pooling token";
        var page = folder["page.html"];
        Numbers(Train(network, Idx.WriteShape(folder, [8, 8]), "--epochs", "1", "--report", page));
        var html = File.ReadAllText(page);
        foreach (var option in new[] { "--depth 1", "--width 12", "--heads 3", "--pooling token" })
            Assert.Contains($" {option} ", html, StringComparison.Ordinal);
        Assert.DoesNotContain("--cell", html, StringComparison.Ordinal);
    }
}
