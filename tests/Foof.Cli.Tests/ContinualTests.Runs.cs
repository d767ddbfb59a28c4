using Foof.Cli.Continual;
using Foof.Cli.Data;
using TorchSharp;

namespace Foof.Cli.Tests;

public sealed partial class ContinualTests
{
    private ContinualSettings Settings =>
        new()
        {
            Data = data,
            Scenario = "permuted",
            Tasks = 2,
            Variants = [],
            Strength = null,
            Epochs = 1,
            BatchSize = 10,
            LearningRate = 1e-3,
            Subset = null,
            Validation = 20,
            Seed = 42,
            Seeds = 1,
            Threads = 1,
            Device = "cpu",
        };

    // At the strength 100 the weights are not numbers, as if the penalty overflowed.
    private static ContinualVariant Breaking(params double[] grid) =>
        new(
            "breaking",
            "breaking",
            grid,
            0,
            (model, strength) =>
            {
                using var unrecorded = torch.no_grad();
                if (strength == 100)
                    model.parameters().First().fill_(double.NaN);
                return null;
            }
        );

    [Fact]
    public void A_strength_whose_loss_is_not_a_number_counts_as_the_worst()
    {
        using var images = ImageData.Read(data, null);
        using var source = new CancellationTokenSource();
        var progress = new StopAt(null, source);
        var run = new ContinualRun(Settings, images, ContinualRecord.New(null, Settings, "none"));
        var result = run.Of(Breaking(100, 1), progress, source.Token)!;
        Assert.Equal(1, result.Strength);
        Assert.Equal(1, Assert.Single(result.Tried).Strength);
        Assert.Contains(
            "breaking with strength 100 stopped after 0 steps",
            Assert.Single(progress.Lines),
            StringComparison.Ordinal
        );
        var failure = Assert.Throws<CommandFailure>(() => run.Of(Breaking(100), progress, source.Token));
        Assert.Contains("the loss is NaN", failure.Message, StringComparison.Ordinal);
    }
}
