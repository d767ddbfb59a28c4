using Foof.CSharp.Tests.Optimizers;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Training;

/// <summary>The usual training loop.</summary>
public sealed class TrainerTests
{
    [Fact]
    public void The_loss_falls_and_every_step_is_reported()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        model.eval();
        var (inputs, targets) = Toy.Learnable();
        using var optimizer = new FoofOptimizer(model, damping: 0.1, schedule: new() { WarmUpBatches = 3 });
        var heard = new Heard();
        var epochs = Trainer.Fit(optimizer, inputs, targets, 5, batchSize: 20, progress: heard).ToArray();
        Assert.Equal([1, 2, 3, 4, 5], epochs.Select(epoch => epoch.Epoch));
        Assert.True(epochs[^1].Loss < 0.5 * epochs[0].Loss);
        Assert.Equal(15, heard.Lines.Count);
        Assert.Equal(epochs[0].Loss, heard.Lines.Take(3).Average(line => line.Loss), 5);
        Assert.Equal((5, 5, 3), (heard.Lines[^1].Epoch, heard.Lines[^1].Epochs, heard.Lines[^1].Step));
        Assert.Equal(3 + 15, optimizer.BatchesSeen);
        Assert.False(model.training);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_whatever_the_generator_is_at()
    {
        using var scope = NewDisposeScope();
        var (inputs, targets) = Toy.Learnable();
        float[] Run(int seed)
        {
            var model = Toy.Model();
            using var optimizer = new FoofOptimizer(model);
            _ = Trainer.Fit(optimizer, inputs, targets, 2, batchSize: 16, seed: seed);
            return Toy.Weights(model);
        }
        var first = Run(1);
        Assert.Equal(first, Run(1));
        Assert.NotEqual(first, Run(2));
    }

    [Fact]
    public void A_run_stops_between_two_steps()
    {
        using var scope = NewDisposeScope();
        var (inputs, targets) = Toy.Learnable();
        using var stop = new CancellationTokenSource();
        using var optimizer = new FoofOptimizer(Toy.Model(), schedule: new() { WarmUpBatches = 1 });
        var heard = new Heard { Then = line => Cancel(line.Step) };
        void Cancel(int step)
        {
            if (step == 2)
                stop.Cancel();
        }
        Assert.Throws<OperationCanceledException>(() =>
            Trainer.Fit(optimizer, inputs, targets, 3, batchSize: 20, progress: heard, cancellation: stop.Token)
        );
        Assert.Equal(2, heard.Lines.Count);
        Assert.Equal(3, optimizer.BatchesSeen);
    }

    [Fact]
    public void A_run_in_two_parts_has_the_bits_of_one()
    {
        using var scope = NewDisposeScope();
        using var folder = new Folder();
        var (inputs, targets) = Toy.Learnable();
        var heard = new Heard();
        IReadOnlyList<EpochSummary> Run(
            FoofOptimizer optimizer,
            int epochs,
            int first,
            optim.lr_scheduler.LRScheduler scheduler
        ) =>
            [
                .. Trainer.Fit(
                    optimizer,
                    inputs,
                    targets,
                    epochs,
                    batchSize: 20,
                    firstEpoch: first,
                    scheduler: scheduler,
                    progress: heard
                ),
            ];

        var whole = Toy.Model();
        using var once = new FoofOptimizer(whole, options: new() { Momentum = 0.5 });
        Run(once, 4, 1, optim.lr_scheduler.StepLR(once, 3, 0.5));

        var first = Toy.Model();
        using var stopped = new FoofOptimizer(first, options: new() { Momentum = 0.5 });
        Run(stopped, 2, 1, optim.lr_scheduler.StepLR(stopped, 3, 0.5));
        Safetensors.Save(folder["model"], first.state_dict());
        stopped.Save(folder["optimizer"]);

        var second = Toy.Model();
        using var again = new FoofOptimizer(second, options: new() { Momentum = 0.5 });
        var scheduler = optim.lr_scheduler.StepLR(again, 3, 0.5, last_epoch: 1);
        using (var weights = Safetensors.Load(folder["model"]))
            second.load_state_dict(weights.Tensors.ToDictionary());
        again.Load(folder["optimizer"]);
        heard.Lines.Clear();
        var epochs = Run(again, 2, 3, scheduler);
        Assert.Equal(Toy.Weights(whole), Toy.Weights(second));
        Assert.Equal(once.LearningRate, again.LearningRate);
        Assert.Equal(0.15, again.LearningRate, 12);
        Assert.Equal([3, 4], epochs.Select(epoch => epoch.Epoch));
        Assert.Equal((3, 4, 1), (heard.Lines[0].Epoch, heard.Lines[0].Epochs, heard.Lines[0].Step));
    }

    [Fact]
    public void A_scheduler_steps_after_each_epoch()
    {
        using var scope = NewDisposeScope();
        var (inputs, targets) = Toy.Learnable();
        using var optimizer = new FoofOptimizer(Toy.Model(), learningRate: 0.5);
        var scheduler = optim.lr_scheduler.StepLR(optimizer, step_size: 1, gamma: 0.5);
        var rates = new List<double>();
        Trainer.Fit(
            optimizer,
            inputs,
            targets,
            2,
            batchSize: 20,
            scheduler: scheduler,
            onEpoch: _ => rates.Add(optimizer.LearningRate)
        );
        Assert.Equal([0.25, 0.125], rates);
    }

    [Fact]
    public void A_run_leaves_no_tensors_behind()
    {
        // Made once: TorchSharp counts a parameter twice when it is made and once when it is freed.
        using var model = Toy.Model();
        void Run()
        {
            using var scope = NewDisposeScope();
            var (inputs, targets) = Toy.Learnable();
            using var optimizer = new FoofOptimizer(model);
            _ = Trainer.Fit(optimizer, inputs, targets, 2, batchSize: 20);
        }
        Run();
        var before = LiveTensors.Settled();
        Run();
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void All_epochs_are_trained_and_each_is_given_as_it_ends_in_the_mode_that_the_model_was_in()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        model.eval();
        var (inputs, targets) = Toy.Learnable();
        using var optimizer = new FoofOptimizer(model, schedule: new() { WarmUpBatches = 3 });
        var given = new List<EpochSummary>();
        var epochs = Trainer.Fit(
            optimizer,
            inputs,
            targets,
            4,
            batchSize: 20,
            onEpoch: epoch =>
            {
                given.Add(epoch);
                Assert.Equal(3 + 3 * epoch.Epoch, optimizer.BatchesSeen);
                Assert.False(model.training);
            }
        );
        Assert.Equal(3 + 12, optimizer.BatchesSeen);
        Assert.Equal(given, epochs);
    }

    [Fact]
    public void The_mode_of_the_model_is_training_while_it_trains_and_what_it_was_after_an_error()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        model.eval();
        var (inputs, targets) = Toy.Learnable();
        using var optimizer = new FoofOptimizer(model);
        var modes = new List<bool>();
        IEnumerable<(Tensor, Tensor)> Batches(int epoch)
        {
            modes.Add(model.training);
            yield return (inputs, targets);
            if (epoch == 2)
                throw new InvalidDataException("the file ends");
        }
        Assert.Throws<InvalidDataException>(() => Trainer.Fit(optimizer, Batches, 3));
        Assert.DoesNotContain(false, modes);
        Assert.False(model.training);
    }
}
