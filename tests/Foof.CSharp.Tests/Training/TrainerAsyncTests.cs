using Foof.CSharp.Tests.Optimizers;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Training;

/// <summary>The training loop that streams its epochs.</summary>
public sealed class TrainerAsyncTests
{
    [Fact]
    public async Task Asynchronous_runs_give_the_same_bits()
    {
        using var model = Toy.Model();
        using var other = Toy.Model();
        var (inputs, targets) = Toy.Learnable();
        using var optimizer = new FoofOptimizer(model);
        using var another = new FoofOptimizer(other);
        var expected = Trainer.Fit(optimizer, inputs, targets, 2, batchSize: 20).ToArray();
        var found = new List<EpochSummary>();
        await foreach (var epoch in Trainer.FitAsync(another, inputs, targets, 2, batchSize: 20))
        {
            found.Add(epoch);
            Assert.Equal(50 + 3 * found.Count, another.BatchesSeen);
        }
        Assert.Equal(expected.Select(own => (own.Epoch, own.Loss)), found.Select(own => (own.Epoch, own.Loss)));
        Assert.Equal(Toy.Weights(model), Toy.Weights(other));
    }

    [Fact]
    public async Task An_asynchronous_epoch_is_trained_when_it_is_requested()
    {
        using var model = Toy.Model();
        model.eval();
        var (inputs, targets) = Toy.Learnable();
        using var optimizer = new FoofOptimizer(model, schedule: new() { WarmUpBatches = 3 });
        var before = Toy.Weights(model);
        var epochs = Trainer.FitAsync(optimizer, inputs, targets, 4, batchSize: 20);
        Assert.Equal(0, optimizer.BatchesSeen);
        Assert.Equal(before, Toy.Weights(model));
        await foreach (var epoch in epochs)
        {
            Assert.Equal(3 + 3 * epoch.Epoch, optimizer.BatchesSeen);
            Assert.False(model.training);
            if (epoch.Epoch == 2)
                break;
        }
        Assert.Equal(3 + 6, optimizer.BatchesSeen);
        inputs.Dispose();
        targets.Dispose();
    }

    [Fact]
    public async Task An_asynchronous_run_stops_by_its_own_token_and_by_the_enumerations()
    {
        using var model = Toy.Model();
        using var optimizer = new FoofOptimizer(model, schedule: new() { WarmUpBatches = 1 });
        var (inputs, targets) = Toy.Learnable();
        using var stop = new CancellationTokenSource();
        var heard = new Heard { Then = line => (line.Step == 2 ? stop : null)?.Cancel() };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await Trainer
                .FitAsync(optimizer, inputs, targets, 3, batchSize: 20, progress: heard, cancellation: stop.Token)
                .LastAsync()
        );
        Assert.Equal(1 + 2, optimizer.BatchesSeen);
        using var other = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (
                var epoch in Trainer
                    .FitAsync(optimizer, inputs, targets, 3, batchSize: 20)
                    .WithCancellation(other.Token)
            )
                await other.CancelAsync();
        });
        Assert.Equal(1 + 2 + 3, optimizer.BatchesSeen);
    }
}
