using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>Schedulers that cycle the momentum.</summary>
public sealed class MomentumTests
{
    // TorchSharp decides what a cycle gives to each group: OneCycleLR confuses the number of the group with
    // that of the phase, so that the second group never leaves the first phase.
    [Theory]
    [InlineData("OneCycleLR")]
    [InlineData("CyclicLR")]
    public void A_cycle_gives_every_group_the_rate_and_momentum_that_it_gives_SGD(string name)
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        var last = model.parameters().Last();
        using var optimizer = new FoofOptimizer(
            model,
            options: new() { Momentum = 0.9, Groups = [new([last], momentum: 0.5)] }
        );
        using var sgd = optim.SGD(
            new SGD.ParamGroup[] { new(model.parameters().SkipLast(1), 0.3, 0.9), new([last], 0.3, 0.5) },
            0.3
        );
        var schedulers = new[] { Cycle(name, optimizer), Cycle(name, sgd) };
        var seen = new List<double> { optimizer.Momentum };
        foreach (var (input, target) in Toy.Batches(3))
        {
            Assert.Equal(Settings(sgd), Settings(optimizer));
            optimizer.Step(input, target).Dispose();
            foreach (var scheduler in schedulers)
                scheduler.step();
            seen.Add(optimizer.Momentum);
        }
        Assert.Equal(Settings(sgd), Settings(optimizer));
        Assert.True(seen.Distinct().Count() > 2);
    }

    private static optim.lr_scheduler.LRScheduler Cycle(string name, optim.Optimizer optimizer) =>
        name == "OneCycleLR"
            ? optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps: 4)
            : optim.lr_scheduler.CyclicLR(optimizer, 0.01, 0.1, step_size_up: 2, max_momentum: 0.85);

    private static List<(double Rate, double Momentum)> Settings(optim.Optimizer optimizer) =>
        [.. optimizer.ParamGroups.Select(group => (group.LearningRate, ((optim.IMomentum)group).Momentum))];

    [Fact]
    public void A_cycle_up_to_a_momentum_of_one_is_refused_with_what_to_do()
    {
        using var scope = NewDisposeScope();
        using var optimizer = new FoofOptimizer(Toy.Model(), options: new() { Momentum = 0.9 });
        var cycle = optim.lr_scheduler.CyclicLR(optimizer, 0.01, 0.1, step_size_up: 1);
        var error = Assert.Throws<ArgumentException>(cycle.step);
        Assert.Contains("cycle_momentum = false", error.Message);
        Assert.Equal(0.9, optimizer.Momentum);
        optim.lr_scheduler.CyclicLR(optimizer, 0.01, 0.1, step_size_up: 1, cycle_momentum: false).step();
        Assert.Equal((0.1, 0.9), (optimizer.LearningRate, optimizer.Momentum));
    }

    [Fact]
    public void The_momentum_is_set_for_all_groups_and_kept_in_its_range()
    {
        using var scope = NewDisposeScope();
        using var optimizer = new KfacOptimizer(Toy.Model(), options: new() { Momentum = 0.3 });
        Assert.Equal(0.3, optimizer.Momentum);
        optimizer.Momentum = 0.6;
        Assert.Equal(0.6, ((optim.IMomentum)optimizer.ParamGroups.Single()).Momentum);
        var error = Assert.Throws<ArgumentException>(() => optimizer.Momentum = 1);
        Assert.Equal(nameof(optimizer.Momentum), error.ParamName);
        Assert.Throws<ArgumentException>(() => ((optim.IMomentum)optimizer.ParamGroups.Single()).Momentum = 1.5);
        Assert.Equal(0.6, optimizer.Momentum);
    }
}
