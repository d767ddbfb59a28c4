using Foof.CSharp.Tests.Optimizers;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Training;

/// <summary>What the training loop refuses, in which words.</summary>
public sealed class TrainerMistakeTests
{
    [Fact]
    public void Mistakes_are_named()
    {
        using var scope = NewDisposeScope();
        var (inputs, targets) = Toy.Learnable();
        using var optimizer = new FoofOptimizer(Toy.Model());
        void Refused(string name, Action run) => Assert.Equal(name, Assert.ThrowsAny<ArgumentException>(run).ParamName);
        void Both(string name, Func<IEnumerable<EpochSummary>> run, Func<IAsyncEnumerable<EpochSummary>> later)
        {
            Refused(name, () => run());
            Refused(name, () => later());
        }
        Both(
            "epochs",
            () => Trainer.Fit(optimizer, inputs, targets, 0),
            () => Trainer.FitAsync(optimizer, inputs, targets, 0)
        );
        Both(
            "firstEpoch",
            () => Trainer.Fit(optimizer, inputs, targets, 1, firstEpoch: 0),
            () => Trainer.FitAsync(optimizer, inputs, targets, 1, firstEpoch: 0)
        );
        Both(
            "firstEpoch",
            () => Trainer.Fit(optimizer, _ => [], 1, firstEpoch: 0),
            () => Trainer.FitAsync(optimizer, _ => [], 1, firstEpoch: 0)
        );
        Both(
            "batchSize",
            () => Trainer.Fit(optimizer, inputs, targets, 1, batchSize: 61),
            () => Trainer.FitAsync(optimizer, inputs, targets, 1, batchSize: 61)
        );
        Both(
            "targets",
            () => Trainer.Fit(optimizer, inputs, targets.narrow(0, 0, 9), 1),
            () => Trainer.FitAsync(optimizer, inputs, targets.narrow(0, 0, 9), 1)
        );
        Both(
            "optimizer",
            () => Trainer.Fit(null!, inputs, targets, 1),
            () => Trainer.FitAsync(null!, inputs, targets, 1)
        );
        Both("batches", () => Trainer.Fit(optimizer, null!, 1), () => Trainer.FitAsync(optimizer, null!, 1));
        var error = Assert.Throws<ArgumentException>(() => Trainer.Fit(optimizer, _ => [], 1));
        Assert.Contains("batch", error.Message);
    }

    [Fact]
    public async Task Data_that_do_not_fit_are_refused_before_the_warm_up()
    {
        using var model = Toy.Model();
        using var optimizer = new FoofOptimizer(model);
        var (inputs, targets) = Toy.Learnable();
        async Task Refused(string[] parts, Tensor x, Tensor y)
        {
            Func<object>[] runs =
            [
                () => Trainer.Fit(optimizer, x, y, 1, batchSize: 20),
                () => Trainer.Fit(optimizer, _ => [(x, y)], 1),
            ];
            var errors = runs.Select(run => Assert.Throws<ArgumentException>(run))
                .Append(
                    await Assert.ThrowsAsync<ArgumentException>(async () =>
                        await Trainer.FitAsync(optimizer, x, y, 1, batchSize: 20).LastAsync()
                    )
                );
            foreach (var error in errors)
                Assert.All(parts, part => Assert.Contains(part, error.Message));
            Assert.Equal(0, optimizer.BatchesSeen);
        }
        await Refused(
            ["input must be Float32, like the model's weights; got Float64", "input.to("],
            inputs.to(ScalarType.Float64),
            targets
        );
        await Refused(["input must be Float32", "Byte"], inputs.to(ScalarType.Byte), targets);
        await Refused(["class indices, whole numbers", "Float32"], inputs, targets.to(ScalarType.Float32));
        await Refused(["class indices from 0 to 2"], inputs, targets + 3);
        await Refused(["does not fit the model", "'0' takes [.; 6]"], inputs.narrow(1, 0, 5), targets);
        _ = Trainer.Fit(optimizer, inputs, targets, 1, batchSize: 20);
    }

    [Fact]
    public void A_batch_without_input_or_target_is_named()
    {
        using var scope = NewDisposeScope();
        var (inputs, targets) = Toy.Learnable();
        using var optimizer = new FoofOptimizer(Toy.Model(), schedule: new() { WarmUpBatches = 1 });
        void Refused(string sentence, (Tensor, Tensor)[] batches)
        {
            var error = Assert.Throws<ArgumentException>(() => Trainer.Fit(optimizer, _ => batches, 1));
            Assert.StartsWith(sentence, error.Message);
        }
        Refused("batch 1 must have an input; it is null", [(null!, targets)]);
        Refused("batch 1 must have a target; it is null", [(inputs, null!)]);
        Refused("batch 2 must have an input; it is null", [(inputs, targets), (null!, targets)]);
        Refused("batch 2 must have a target; it is null", [(inputs, targets), (inputs, null!)]);
    }
}
