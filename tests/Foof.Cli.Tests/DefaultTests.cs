using System.Text.Json;

namespace Foof.Cli.Tests;

public sealed class DefaultTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("foof", "autoencoder")]
    [InlineData("sgd", "autoencoder")]
    [InlineData("sngd", "autoencoder")]
    [InlineData("shampoo", "mlp", "--hidden", "100-100")]
    [InlineData("shampoo", "vgg", "--norm", "none", "--width", "4", "--subset", "100")]
    [InlineData("tkfac", "wrn", "--norm", "none", "--subset", "60")]
    public void An_epoch_at_the_defaults_lowers_the_loss(string optimizer, string model, params string[] more)
    {
        string[] data = ["--data", Idx.WriteSet(folder, train: 300), "--batch-size", "10", "--epochs", "1"];
        string[] command = ["train", "--optimizer", optimizer, "--model", model, .. data, .. more, "--json", "--quiet"];
        Assert.True(Loss(command) < Loss([.. command, "--learning-rate", "1e-12"]));
    }

    [Fact]
    public void A_comparison_has_the_defaults_of_training()
    {
        string[] common = ["--model", "autoencoder", "--data", Idx.WriteSet(folder, train: 10), "--epochs", "1"];
        var answer = CommandLine.Run(["compare", "--optimizers", "sgd,adam", .. common]);
        Assert.Contains("sgd with learning rate 0.001,", answer.Output, StringComparison.Ordinal);
        Assert.Contains("adam with learning rate 0.0001", answer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_norms_a_comparison_and_a_run_have_the_same_default()
    {
        string[] common =
        [
            "--model",
            "wrn",
            "--norm",
            "none",
            "--data",
            Idx.WriteShape(folder, [12, 12]),
            "--epochs",
            "1",
        ];
        var answer = CommandLine.Run(["compare", "--optimizers", "shampoo", "--batch-size", "20", .. common]);
        Assert.True(answer.Error.Length == 0, answer.Error);
        Assert.Contains("shampoo with learning rate 0.0001,", answer.Output, StringComparison.Ordinal);
        answer = CommandLine.Run(["train", "--optimizer", "shampoo", "--batch-size", "20", .. common]);
        Assert.True(answer.Error.Length == 0, answer.Error);
        Assert.Contains("shampoo with learning rate 0.0001,", answer.Output, StringComparison.Ordinal);
    }

    private static double Loss(string[] command)
    {
        var answer = CommandLine.Run(command);
        Assert.True(answer.Error.Length == 0, answer.Error);
        using var json = JsonDocument.Parse(answer.Output);
        return json.RootElement.GetProperty("epochs")[0].GetProperty("train_loss").GetDouble();
    }
}
