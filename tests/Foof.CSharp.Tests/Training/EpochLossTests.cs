using Foof.CSharp.Tests.Optimizers;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Training;

/// <summary>The loss of an epoch is that of all its data points, however they are dealt to batches.</summary>
public sealed class EpochLossTests
{
    // So small that all steps see the same weights, to float32's precision.
    private const double Still = 1e-12;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Batches_count_by_their_data_points_that_count(bool someIgnored)
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        var (input, target) = (randn(20, 6), arange(20).remainder(Toy.Classes));
        if (someIgnored)
            target[TensorIndex.Slice(0, 9)] = -100L;
        var model = Toy.Model();
        double expected;
        using (no_grad())
            expected = nn.functional.cross_entropy(model.call(input), target).ToDouble();
        using var optimizer = new FoofOptimizer(model, learningRate: Still);
        (Tensor, Tensor)[] batches = [Rows(0, 10), Rows(10, 7), Rows(17, 2), Rows(19, 1)];
        var epoch = Assert.Single(Trainer.Fit(optimizer, _ => batches, 1));
        Assert.Equal(expected, epoch.Loss, 1e-5);

        (Tensor, Tensor) Rows(long start, long count) =>
            (input.narrow(0, start, count), target.narrow(0, start, count));
    }

    [Fact]
    public void A_later_epoch_without_batches_is_named_and_the_earlier_ones_stay()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        var batches = Toy.Batches(2);
        using var optimizer = new FoofOptimizer(model, schedule: new() { WarmUpBatches = 2 });
        var ended = new List<EpochSummary>();
        var error = Assert.Throws<ArgumentException>(() =>
            Trainer.Fit(optimizer, epoch => epoch < 3 ? batches : [], 4, onEpoch: ended.Add)
        );
        Assert.Contains("epoch 3 has none", error.Message, StringComparison.Ordinal);
        Assert.Equal([1, 2], ended.Select(epoch => epoch.Epoch));
        Assert.Equal(2 + 4, optimizer.BatchesSeen);
    }
}
