using System.Text.Json;
using Foof.Cli.Data;
using Foof.Cli.Models;
using Foof.Cli.Training;

namespace Foof.Cli.Tests;

public sealed class MethodTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    // What takes a second or more for a step: roots and eigenvectors of large matrices, and many columns.
    private static readonly string[] Slow = ["ekfac", "kfac-standard", "foof-kfac", "shampoo", "mfac", "natural-full"];

    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (var optimizer in OptimizerKind.Names)
            {
                // Without positions, the K-FACs are one.
                var isOther = optimizer == "kfac" || !optimizer.StartsWith("kf", StringComparison.Ordinal);
                pairs.Add(ModelKind.Default, optimizer);
                if (isOther)
                    pairs.Add("linear", optimizer);
                if (Slow.Contains(optimizer))
                    continue;
                pairs.Add("cnn", optimizer);
                if (isOther)
                    pairs.Add("autoencoder", optimizer);
            }
            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void An_optimiser_takes_steps_on_a_model_at_its_defaults(string model, string optimizer)
    {
        string[] small = ["--data", Idx.WriteSet(folder, train: 8, test: 4), "--batch-size", "4", "--threads", "1"];
        string[] narrow = model == ModelKind.Default ? ["--hidden", "20-20"] : [];
        var answer = CommandLine.Run([
            "train",
            "--model",
            model,
            "--optimizer",
            optimizer,
            .. small,
            .. narrow,
            "--epochs",
            "1",
            "--json",
            "--quiet",
        ]);
        Assert.Equal((ExitCode.Success, ""), (answer.Code, answer.Error));
        using var json = JsonDocument.Parse(answer.Output);
        var loss = json.RootElement.GetProperty("epochs")[0].GetProperty("train_loss").GetDouble();
        Assert.True(double.IsFinite(loss), $"{loss}");
    }

    [Theory]
    [InlineData(
        "^natural-full on autoencoder in batches of 100 needs at least 92[.]9 GB of memory, and [0-9.]+ GB are free: take "
            + "--optimizer natural, which samples a label for each image, or lower --batch-size[.]$",
        "--model autoencoder --optimizer natural-full"
    )]
    [InlineData(
        "^foof on mlp in batches of 100 needs at least 224[.]2 GB of memory, and .* free: take smaller layers by --hidden[.]$",
        "--hidden 100000-100000"
    )]
    [InlineData(
        "^kfac on vit in batches of 100 needs at least [0-9.]+ GB of memory, and .* free: take a smaller --width, or lower "
            + "--batch-size[.]$",
        "--model vit --depth 100 --width 4096 --optimizer kfac"
    )]
    public void What_needs_more_memory_than_there_is_is_refused(string sentence, string options)
    {
        string[] run = ["train", "--data", Idx.WriteSet(folder, train: 100), .. options.Split(' ')];
        Assert.Matches(sentence, CommandLine.Run([.. run, "--out", folder["run"]]).Sentence());
        Assert.False(Directory.Exists(folder["run"]));
        string[] grid = [.. run.Select(word => word.Replace("--optimizer", "--optimizers", StringComparison.Ordinal))];
        Assert.Matches(sentence, CommandLine.Run(["compare", .. grid[1..]]).Sentence());
    }

    // A bound that is too high would refuse runs that fit.
    [Theory]
    [InlineData("mlp")]
    [InlineData("cnn")]
    [InlineData("autoencoder")]
    [InlineData("resnet18")]
    [InlineData("wrn")]
    [InlineData("vit")]
    [InlineData("gnn")]
    [InlineData("rnn")]
    [InlineData("vgg")]
    public void The_least_memory_of_the_usual_methods_is_small(string model)
    {
        foreach (var name in new[] { "foof", "kfac", "ekfac", "natural" })
        {
            var settings = new TrainingSettings { Model = model, Optimizer = name };
            Assert.InRange(MemoryNeed.LeastBytes(settings, ImageShape.FashionMnist), 1e5, 2e9);
        }
    }

    // A batch of 100 images with ten columns each: numbers of all outputs of an image, weights, and pairs of tokens.
    [Theory]
    [InlineData("vit", 49 * 64 + 4 * 49 * (4 * 64 + 256 + 64) + 10, 16 * 64 + 4 * 12 * 64 * 64 + 640, 4 * 4 * 49 * 49)]
    [InlineData("rnn", 2 * 28 * 256 + 10, (28 + 64) * 256 + 640)]
    [InlineData(
        "vgg",
        784 * 16 + 196 * 32 + 49 * 2 * 64 + 9 * 4 * 128 + 10,
        9 * (16 + 16 * 32 + 32 * 64 + 64 * 64 + 64 * 128 + 3 * 128 * 128) + 1280
    )]
    public void Outputs_at_all_positions_are_counted(string model, int outputs, int weights, int scores = 0)
    {
        var settings = new TrainingSettings { Model = model, Optimizer = "natural-full" };
        Assert.Equal(
            4.0 * (2 * weights + 100 * (outputs + scores)) + 1000 * (4.0 * outputs + 16 * 1000),
            MemoryNeed.LeastBytes(settings, ImageShape.FashionMnist)
        );
        Assert.Equal(
            4.0 * (2 * weights + 100 * (outputs + scores)),
            MemoryNeed.LeastBytes(settings with { Optimizer = "sgd" }, ImageShape.FashionMnist)
        );
    }
}
