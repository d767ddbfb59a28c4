using Foof.CSharp.Tests.Optimizers;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Training;

/// <summary>The common loop.</summary>
public sealed class FoofTrainingTests
{
    private static (Tensor Inputs, Tensor Targets) Data()
    {
        manual_seed(4);
        var inputs = randn(60, 6);
        return (inputs, inputs.narrow(1, 0, Toy.Classes).argmax(1));
    }

    [Fact]
    public void The_loss_falls_and_every_step_is_told_of()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        model.eval();
        var (inputs, targets) = Data();
        using var optimizer = new FoofOptimizer(model, damping: 0.1, warmUpBatches: 3);
        var told = new Told();
        var epochs = FoofTraining.Run(optimizer, inputs, targets, 5, batchSize: 20, progress: told);
        Assert.Equal([1, 2, 3, 4, 5], epochs.Select(epoch => epoch.Epoch));
        Assert.True(epochs[^1].Loss < 0.5 * epochs[0].Loss);
        Assert.Equal(15, told.Lines.Count);
        Assert.Equal(epochs[0].Loss, told.Lines.Take(3).Average(line => line.Loss), 5);
        Assert.Equal((5, 5, 3), (told.Lines[^1].Epoch, told.Lines[^1].Epochs, told.Lines[^1].Step));
        Assert.Equal(3 + 15, optimizer.Position);
        Assert.False(model.training);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_whatever_the_generator_is_at()
    {
        using var scope = NewDisposeScope();
        var (inputs, targets) = Data();
        float[] Run(int seed)
        {
            var model = Toy.Model();
            using var optimizer = new FoofOptimizer(model);
            FoofTraining.Run(optimizer, inputs, targets, 2, batchSize: 16, seed: seed);
            return Toy.Weights(model);
        }
        var first = Run(1);
        Assert.Equal(first, Run(1));
        Assert.NotEqual(first, Run(2));
    }

    [Fact]
    public async Task Asynchronous_runs_give_the_same_bits()
    {
        using var model = Toy.Model();
        using var other = Toy.Model();
        var (inputs, targets) = Data();
        using var optimizer = new FoofOptimizer(model);
        using var another = new FoofOptimizer(other);
        FoofTraining.Run(optimizer, inputs, targets, 2, batchSize: 20);
        await FoofTraining.RunAsync(another, inputs, targets, 2, batchSize: 20);
        Assert.Equal(Toy.Weights(model), Toy.Weights(other));
    }

    [Fact]
    public void A_run_stops_between_two_steps()
    {
        using var scope = NewDisposeScope();
        var (inputs, targets) = Data();
        using var stop = new CancellationTokenSource();
        using var optimizer = new FoofOptimizer(Toy.Model(), warmUpBatches: 1);
        var told = new Told { Then = line => Cancel(line.Step) };
        void Cancel(int step)
        {
            if (step == 2)
                stop.Cancel();
        }
        Assert.Throws<OperationCanceledException>(() =>
            FoofTraining.Run(
                optimizer,
                inputs,
                targets,
                3,
                batchSize: 20,
                progress: told,
                cancellation: stop.Token
            )
        );
        Assert.Equal(2, told.Lines.Count);
        Assert.Equal(3, optimizer.Position);
    }

    [Fact]
    public void A_run_in_two_parts_has_the_bits_of_one()
    {
        using var scope = NewDisposeScope();
        using var folder = new Folder();
        var (inputs, targets) = Data();
        var told = new Told();
        IReadOnlyList<EpochSummary> Run(
            FoofOptimizer optimizer,
            int epochs,
            int first,
            optim.lr_scheduler.LRScheduler scheduler
        ) =>
            FoofTraining.Run(
                optimizer,
                inputs,
                targets,
                epochs,
                batchSize: 20,
                firstEpoch: first,
                scheduler: scheduler,
                progress: told
            );

        var whole = Toy.Model();
        using var once = new FoofOptimizer(whole, momentum: 0.5);
        Run(once, 4, 1, optim.lr_scheduler.StepLR(once, 3, 0.5));

        var first = Toy.Model();
        using var stopped = new FoofOptimizer(first, momentum: 0.5);
        Run(stopped, 2, 1, optim.lr_scheduler.StepLR(stopped, 3, 0.5));
        Safetensors.Save(folder["model"], first.state_dict());
        stopped.Save(folder["optimizer"]);

        var second = Toy.Model();
        using var again = new FoofOptimizer(second, momentum: 0.5);
        var scheduler = optim.lr_scheduler.StepLR(again, 3, 0.5, last_epoch: 1);
        using (var weights = Safetensors.Load(folder["model"]))
            second.load_state_dict(weights.Tensors.ToDictionary());
        again.Load(folder["optimizer"]);
        told.Lines.Clear();
        var epochs = Run(again, 2, 3, scheduler);
        Assert.Equal(Toy.Weights(whole), Toy.Weights(second));
        Assert.Equal(once.LearningRate, again.LearningRate);
        Assert.Equal(0.15, again.LearningRate, 12);
        Assert.Equal([3, 4], epochs.Select(epoch => epoch.Epoch));
        Assert.Equal((3, 4, 1), (told.Lines[0].Epoch, told.Lines[0].Epochs, told.Lines[0].Step));
    }

    [Fact]
    public void A_scheduler_steps_after_each_epoch()
    {
        using var scope = NewDisposeScope();
        var (inputs, targets) = Data();
        using var optimizer = new FoofOptimizer(Toy.Model(), learningRate: 0.5);
        var scheduler = optim.lr_scheduler.StepLR(optimizer, step_size: 1, gamma: 0.5);
        FoofTraining.Run(optimizer, inputs, targets, 2, batchSize: 20, scheduler: scheduler);
        Assert.Equal(0.125, optimizer.LearningRate);
    }

    [Fact]
    public void Mistakes_are_named()
    {
        using var scope = NewDisposeScope();
        var (inputs, targets) = Data();
        using var optimizer = new FoofOptimizer(Toy.Model());
        void Refused(string name, Action run) =>
            Assert.Equal(name, Assert.ThrowsAny<ArgumentException>(run).ParamName);
        Refused("epochs", () => FoofTraining.Run(optimizer, inputs, targets, 0));
        Refused("firstEpoch", () => FoofTraining.Run(optimizer, inputs, targets, 1, firstEpoch: 0));
        Refused("firstEpoch", () => FoofTraining.Run(optimizer, _ => [], 1, firstEpoch: 0));
        Refused("batchSize", () => FoofTraining.Run(optimizer, inputs, targets, 1, batchSize: 61));
        Refused("targets", () => FoofTraining.Run(optimizer, inputs, targets.narrow(0, 0, 9), 1));
        Refused("optimizer", () => FoofTraining.Run(null!, inputs, targets, 1));
        var error = Assert.Throws<ArgumentException>(() => FoofTraining.Run(optimizer, _ => [], 1));
        Assert.Contains("batch", error.Message);
    }

    [Fact]
    public async Task Data_that_do_not_fit_are_refused_before_the_warm_up()
    {
        using var model = Toy.Model();
        using var optimizer = new FoofOptimizer(model);
        var (inputs, targets) = Data();
        async Task Refused(string[] parts, Tensor x, Tensor y)
        {
            Action[] runs =
            [
                () => FoofTraining.Run(optimizer, x, y, 1, batchSize: 20),
                () => FoofTraining.Run(optimizer, _ => [(x, y)], 1),
            ];
            var errors = runs.Select(run => Assert.Throws<ArgumentException>(run))
                .Append(
                    await Assert.ThrowsAsync<ArgumentException>(() =>
                        FoofTraining.RunAsync(optimizer, x, y, 1, batchSize: 20)
                    )
                );
            foreach (var error in errors)
                Assert.All(parts, part => Assert.Contains(part, error.Message));
            Assert.Equal(0, optimizer.Position);
        }
        await Refused(
            ["input must be Float32, like the model's weights; got Float64", "input.to("],
            inputs.to(ScalarType.Float64),
            targets
        );
        await Refused(["input must be Float32", "Byte"], inputs.to(ScalarType.Byte), targets);
        await Refused(["class indices (Int64)", "Int32"], inputs, targets.to(ScalarType.Int32));
        await Refused(["class indices from 0 to 2"], inputs, targets + 3);
        await Refused(["does not fit the model", "'0' takes [.; 6]"], inputs.narrow(1, 0, 5), targets);
        FoofTraining.Run(optimizer, inputs, targets, 1, batchSize: 20);
    }

    [Fact]
    public void A_batch_without_input_or_target_is_named()
    {
        using var scope = NewDisposeScope();
        var (inputs, targets) = Data();
        using var optimizer = new FoofOptimizer(Toy.Model(), warmUpBatches: 1);
        void Refused(string sentence, (Tensor, Tensor)[] batches)
        {
            var error = Assert.Throws<ArgumentException>(() => FoofTraining.Run(optimizer, _ => batches, 1));
            Assert.StartsWith(sentence, error.Message);
        }
        Refused("batch 1 must have an input; it is null", [(null!, targets)]);
        Refused("batch 1 must have a target; it is null", [(inputs, null!)]);
        Refused("batch 2 must have an input; it is null", [(inputs, targets), (null!, targets)]);
        Refused("batch 2 must have a target; it is null", [(inputs, targets), (inputs, null!)]);
    }

    [Fact]
    public void A_run_leaves_no_tensors_behind()
    {
        // Made once: TorchSharp counts a parameter twice when it is made and once when it is freed.
        using var model = Toy.Model();
        void Run()
        {
            using var scope = NewDisposeScope();
            var (inputs, targets) = Data();
            using var optimizer = new FoofOptimizer(model);
            FoofTraining.Run(optimizer, inputs, targets, 2, batchSize: 20);
        }
        Run();
        var before = LiveTensors.Settled();
        Run();
        Assert.Equal(before, Tensor.TotalCount);
    }

    private sealed class Told : IProgress<TrainingProgress>
    {
        internal List<TrainingProgress> Lines { get; } = [];

        internal Action<TrainingProgress> Then { get; init; } = _ => { };

        public void Report(TrainingProgress value)
        {
            Lines.Add(value);
            Then(value);
        }
    }
}
