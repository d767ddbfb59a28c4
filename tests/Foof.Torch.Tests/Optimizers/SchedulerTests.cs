using TorchSharp.Modules;
using static TorchSharp.torch.optim;
using static TorchSharp.torch.optim.lr_scheduler;

namespace Foof.Torch.Tests.Optimizers;

public class SchedulerTests
{
    private const double Start = 0.5;
    private const int Epochs = 12;

    /// <summary>Two groups, with the rates <see cref="Start"/> and a tenth of it.</summary>
    private static SGD TwoGroups(double momentum = 0.9) =>
        torch.optim.SGD(
            [
                new SGD.ParamGroup([Toy.Parameter(1)], new SGD.Options()),
                new SGD.ParamGroup([Toy.Parameter(1)], new SGD.Options { LearningRate = Start / 10 }),
            ],
            Start,
            momentum
        );

    private static double[] Rates(Optimizer optimizer) =>
        [.. optimizer.ParamGroups.Select(group => group.LearningRate)];

    /// <summary>
    /// Compares epochs one by one, and any epoch reached at once, with <paramref name="closedForm"/>.
    /// </summary>
    private static void Follows(Func<Optimizer, LRScheduler> create, Func<double, int, double> closedForm)
    {
        using var optimizer = TwoGroups();
        var scheduler = create(optimizer);
        for (var epoch = 0; epoch <= Epochs; epoch++, scheduler.step())
        {
            Toy.Close([closedForm(Start, epoch), closedForm(Start / 10, epoch)], Rates(optimizer));
            Assert.Equal(Rates(optimizer), scheduler.get_last_lr());
        }
        scheduler.step(3);
        Toy.Close([closedForm(Start, 3), closedForm(Start / 10, 3)], Rates(optimizer));
    }

    [Fact]
    public void StepLR_scales_every_step_size_epochs() =>
        Follows(o => StepLR(o, 3, 0.5), (start, epoch) => start * Math.Pow(0.5, epoch / 3));

    [Fact]
    public void MultiStepLR_scales_at_milestones() =>
        Follows(
            o => MultiStepLR(o, [7, 2, 2], 0.5),
            (start, epoch) =>
                start
                * (
                    epoch >= 7 ? 0.25
                    : epoch >= 2 ? 0.5
                    : 1
                )
        );

    [Fact]
    public void ExponentialLR_scales_every_epoch() =>
        Follows(o => ExponentialLR(o, 0.9), (start, epoch) => start * Math.Pow(0.9, epoch));

    [Fact]
    public void ConstantLR_scales_the_first_epochs() =>
        Follows(o => ConstantLR(o, 0.25, 4), (start, epoch) => epoch < 4 ? start / 4 : start);

    [Fact]
    public void LinearLR_goes_straight() =>
        Follows(
            o => LinearLR(o, 0.2, 0.8, 6),
            (start, epoch) => start * (0.2 + 0.6 * Math.Min(epoch, 6) / 6)
        );

    [Fact]
    public void PolynomialLR_falls_to_zero() =>
        Follows(
            o => PolynomialLR(o, 8, 2),
            (start, epoch) => start * Math.Pow(1 - Math.Min(epoch, 8) / 8.0, 2)
        );

    [Fact]
    public void CosineAnnealingLR_falls_and_climbs_again() =>
        Follows(
            o => CosineAnnealingLR(o, 5, 0.01),
            (start, epoch) => 0.01 + (start - 0.01) * (1 + Math.Cos(Math.PI * epoch / 5)) / 2
        );

    [Fact]
    public void LambdaLR_is_a_function_of_the_epoch() =>
        Follows(o => LambdaLR(o, epoch => 1.0 / (1 + epoch)), (start, epoch) => start / (1 + epoch));

    [Fact]
    public void MultiplicativeLR_scales_the_last_rate()
    {
        using var optimizer = TwoGroups();
        var scheduler = MultiplicativeLR(optimizer, epoch => 1.0 / epoch);
        scheduler.step();
        scheduler.step();
        scheduler.step();
        Toy.Close([Start / 6, Start / 60], Rates(optimizer));
    }

    [Fact]
    public void SequentialLR_runs_one_after_another()
    {
        using var optimizer = TwoGroups();
        var scheduler = SequentialLR(
            optimizer,
            [LinearLR(optimizer, 0.1, 1, 4), ExponentialLR(optimizer, 0.5)],
            [4]
        );
        for (var epoch = 0; epoch <= 8; epoch++, scheduler.step())
        {
            var expected = Start * (epoch < 4 ? 0.1 + 0.9 * epoch / 4 : Math.Pow(0.5, epoch - 4));
            Toy.Close([expected, expected / 10], Rates(optimizer));
        }
    }

    [Fact]
    public void ChainedLR_multiplies()
    {
        using var optimizer = TwoGroups();
        var scheduler = ChainedLR([ConstantLR(optimizer, 0.1, 2), ExponentialLR(optimizer, 0.5)]);
        for (var epoch = 0; epoch <= 4; epoch++, scheduler.step())
            Toy.Close([Start * (epoch < 2 ? 0.1 : 1) * Math.Pow(0.5, epoch)], Rates(optimizer)[..1]);
    }

    [Fact]
    public void ReduceLROnPlateau_waits_cools_down_and_stops_at_the_floor()
    {
        using var optimizer = TwoGroups();
        var scheduler = ReduceLROnPlateau(
            optimizer,
            factor: 0.5,
            patience: 1,
            cooldown: 1,
            min_lr: [0.2, 0.0]
        );
        double[] losses = [1.0, 0.9, 0.9, 0.95, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9];
        double[] first = [0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2];
        double[] second = [0.05, 0.05, 0.05, 0.025, 0.025, 0.025, 0.0125, 0.0125, 0.0125, 0.00625];
        for (var i = 0; i < losses.Length; i++)
        {
            scheduler.step(losses[i]);
            Toy.Close([first[i], second[i]], Rates(optimizer));
        }
        Assert.Throws<InvalidOperationException>(() => scheduler.step());
    }

    [Theory]
    [InlineData("min", "abs", 0.95, true)]
    [InlineData("min", "abs", 0.85, false)]
    [InlineData("max", "rel", 1.05, true)]
    [InlineData("max", "rel", 1.15, false)]
    [InlineData("max", "abs", 1.05, true)]
    public void ReduceLROnPlateau_compares_as_told(string mode, string threshold, double second, bool reduced)
    {
        using var optimizer = TwoGroups();
        var scheduler = ReduceLROnPlateau(optimizer, mode, 0.5, 0, 0.1, threshold);
        scheduler.step(1.0);
        scheduler.step(second);
        Assert.Equal(reduced ? Start / 2 : Start, Rates(optimizer)[0]);
    }

    [Fact]
    public void Unknown_modes_and_counts_are_refused()
    {
        using var optimizer = TwoGroups();
        Assert.Throws<ArgumentException>(() => ReduceLROnPlateau(optimizer, "minimum"));
        Assert.Throws<ArgumentException>(() => ReduceLROnPlateau(optimizer, min_lr: [0, 0, 0]));
        Assert.Throws<ArgumentException>(() => SequentialLR(optimizer, [StepLR(optimizer, 1)], [1]));
        Assert.Throws<ArgumentException>(() => OneCycleLR(optimizer, 0.1));
        Assert.Throws<ArgumentException>(() => LinearLR(optimizer, start_factor: 0));
    }
}
