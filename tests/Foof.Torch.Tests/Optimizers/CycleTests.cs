using TorchSharp.Modules;
using static TorchSharp.torch.optim;
using static TorchSharp.torch.optim.lr_scheduler;

namespace Foof.Torch.Tests.Optimizers;

public class CycleTests
{
    private static void Follows(
        Optimizer optimizer,
        LRScheduler scheduler,
        int epochs,
        Func<int, (double Rate, double Momentum)> closedForm
    )
    {
        for (var epoch = 0; epoch <= epochs; epoch++)
        {
            var (rate, momentum) = closedForm(epoch);
            var group = optimizer.ParamGroups.First();
            Toy.Close([rate, momentum], [group.LearningRate, Momentum(group)]);
            if (epoch < epochs)
                scheduler.step();
        }
    }

    private static double Momentum(ILearningRateController group) =>
        group is IBetas betas ? betas.Betas.Item1 : ((IMomentum)group).Momentum;

    private static double Cos(double from, double to, double share) =>
        to + (from - to) / 2 * (Math.Cos(Math.PI * share) + 1);

    // Heights of two triangles: up in 2 epochs, down in 4.
    private static readonly double[] Heights = [0, 0.5, 1, 0.75, 0.5, 0.25, 0, 0.5, 1, 0.75, 0.5, 0.25, 0];

    [Theory]
    [InlineData(impl.CyclicLR.Mode.Triangular)]
    [InlineData(impl.CyclicLR.Mode.Triangular2)]
    [InlineData(impl.CyclicLR.Mode.ExpRange)]
    public void CyclicLR_climbs_and_falls(impl.CyclicLR.Mode mode)
    {
        using var sgd = torch.optim.SGD([Toy.Parameter(1)], 0.5, momentum: 0.9);
        var scheduler = CyclicLR(sgd, 0.1, 0.4, 2, 4, mode, gamma: 0.9);
        Follows(
            sgd,
            scheduler,
            12,
            epoch =>
            {
                var height = Heights[epoch] * Scale(mode, epoch);
                return (0.1 + 0.3 * height, 0.9 - 0.1 * height);
            }
        );
    }

    private static double Scale(impl.CyclicLR.Mode mode, int epoch) =>
        mode switch
        {
            impl.CyclicLR.Mode.Triangular2 => epoch < 6 ? 1 : 0.5,
            impl.CyclicLR.Mode.ExpRange => Math.Pow(0.9, epoch),
            _ => 1,
        };

    [Fact]
    public void OneCycleLR_climbs_once_and_falls_with_the_first_beta_against_it()
    {
        using var adam = torch.optim.Adam([Toy.Parameter(1)]);
        var scheduler = OneCycleLR(
            adam,
            1.0,
            total_steps: 11,
            pct_start: 4.0 / 11,
            div_factor: 10,
            final_div_factor: 100
        );
        Follows(
            adam,
            scheduler,
            10,
            step =>
                step <= 3
                    ? (Cos(0.1, 1, step / 3.0), Cos(0.95, 0.85, step / 3.0))
                    : (Cos(1, 0.001, (step - 3) / 7.0), Cos(0.85, 0.95, (step - 3) / 7.0))
        );
        Assert.Equal(0.999, ((IBetas)adam.ParamGroups.First()).Betas.Item2);
        scheduler.step();
        Toy.Close([0.001], [.. scheduler.get_last_lr()]);
        Assert.Throws<InvalidOperationException>(() => scheduler.step());
    }

    [Fact]
    public void OneCycleLR_in_three_phases_for_three_groups()
    {
        using var sgd = torch.optim.SGD(
            Enumerable.Range(0, 3).Select(_ => new SGD.ParamGroup { Parameters = [Toy.Parameter(1)] }),
            1,
            momentum: 0.9
        );
        var scheduler = OneCycleLR(
            sgd,
            1.0,
            epochs: 2,
            steps_per_epoch: 10,
            pct_start: 0.25,
            anneal_strategy: impl.OneCycleLR.AnnealStrategy.Linear,
            div_factor: 10,
            final_div_factor: 10,
            three_phase: true
        );
        for (var step = 0; step < 20; step++, scheduler.step())
        {
            var expected =
                step <= 4 ? 0.1 + 0.9 * step / 4
                : step <= 8 ? 1 - 0.9 * (step - 4) / 4
                : 0.1 - 0.09 * (step - 8) / 11;
            Toy.Close(
                [expected, expected, expected],
                [.. sgd.ParamGroups.Select(group => group.LearningRate)]
            );
        }
    }

    [Fact]
    public void An_optimiser_without_momentum_keeps_none()
    {
        using var optimizer = new Plain();
        Assert.Throws<ArgumentException>(() => CyclicLR(optimizer, 0.1, 0.2));
        OneCycleLR(optimizer, 0.25, total_steps: 10, cycle_momentum: false);
        Toy.Close([0.01], [.. optimizer.ParamGroups.Select(group => group.LearningRate)]);
    }

    private sealed class Plain : OptimizerHelper
    {
        public Plain() =>
            add_param_group(
                new ParamGroup
                {
                    Parameters = [Toy.Parameter(1)],
                    Options = new OptimizerOptions { LearningRate = 1 },
                }
            );

        public override torch.Tensor? step(Func<torch.Tensor>? closure = null) => null;
    }
}
