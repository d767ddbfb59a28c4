using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Torch.Tests.Optimizers;

public class OwnOptimizerTests
{
    /// <summary>
    /// Steps by the learning rate against the sign of the gradient's sum: what a user might write.
    /// </summary>
    private sealed class Walk : OptimizerHelper
    {
        public Walk(IEnumerable<Parameter> parameters, double lr)
        {
            _defaults = new OptimizerOptions { LearningRate = lr, InitialLearningRate = lr };
            add_param_group(new ParamGroup<OptimizerOptions>(parameters, _defaults));
        }

        public override Tensor? step(Func<Tensor>? closure = null) =>
            _step<ParamGroup>(
                group =>
                {
                    foreach (var parameter in group.Parameters)
                    {
                        var total = parameter.grad!.sum();
                        parameter.add_(parameter.grad!.mul(total));
                        Assert.False(is_grad_enabled());
                    }
                },
                closure
            );
    }

    [Fact]
    public void An_own_optimiser_steps_schedules_and_leaves_nothing_behind()
    {
        var p = Toy.Parameter(1, 2);
        using var walk = new Walk([p], 0.5);
        Toy.SetGradient(p, 1);
        var before = LiveTensors.Settled();
        walk.step();
        Assert.Equal(before, Tensor.TotalCount);
        var (g0, g1) = (Toy.Gradient(1, 0), Toy.Gradient(1, 1));
        Toy.Close([1 + g0 * (g0 + g1), 2 + g1 * (g0 + g1)], p.Values());
        var group = Assert.Single(walk.ParamGroups);
        group.LearningRate *= 0.5;
        Assert.Equal(0.25, group.LearningRate);
        Assert.Equal(0.5, group.InitialLearningRate);
        Assert.Single(walk.state_dict().Options);
        Assert.Empty(walk.state_dict().State);
    }
}
