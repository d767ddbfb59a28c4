using TorchSharp;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>Schedulers that cycle the momentum.</summary>
public sealed class MomentumTests
{
    [Fact]
    public void A_cycle_moves_rate_and_momentum_of_every_group()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        var last = model.parameters().Last();
        using var optimizer = new FoofOptimizer(model, momentum: 0.9, groups: [new([last], Momentum: 0.5)]);
        var scheduler = optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps: 4);
        Assert.Equal(0.95, optimizer.Momentum, 1e-12);
        var seen = new List<double>();
        foreach (var (input, target) in Toy.Batches(3))
        {
            optimizer.Step(input, target).Dispose();
            scheduler.step();
            seen.Add(optimizer.Momentum);
            Assert.All(
                optimizer.ParamGroups,
                group => Assert.Equal(optimizer.Momentum, ((optim.IMomentum)group).Momentum)
            );
        }
        Assert.InRange(seen.Min(), 0.85, 0.9);
    }

    [Fact]
    public void The_momentum_is_set_for_all_groups_and_kept_in_its_range()
    {
        using var scope = NewDisposeScope();
        using var optimizer = new KfacOptimizer(Toy.Model(), momentum: 0.3);
        Assert.Equal(0.3, optimizer.Momentum);
        optimizer.Momentum = 0.6;
        Assert.Equal(0.6, ((optim.IMomentum)optimizer.ParamGroups.Single()).Momentum);
        var error = Assert.Throws<ArgumentException>(() => optimizer.Momentum = 1);
        Assert.Equal(nameof(optimizer.Momentum), error.ParamName);
        Assert.Throws<ArgumentException>(() =>
            ((optim.IMomentum)optimizer.ParamGroups.Single()).Momentum = 1.5
        );
        Assert.Equal(0.6, optimizer.Momentum);
    }
}
