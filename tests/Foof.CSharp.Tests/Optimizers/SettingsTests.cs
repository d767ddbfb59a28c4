using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>Each entry of a schedule and of the options is the core's setting, and takes effect.</summary>
public sealed class SettingsTests
{
    private const int Count = 12;

    private static readonly CurvatureSchedule Short = new()
    {
        InvertEvery = 3,
        StatisticsSteps = 2,
        WarmUpBatches = 2,
    };

    private static float[] Run<TOptimizer>(Func<nn.Module<Tensor, Tensor>, TOptimizer> make)
        where TOptimizer : Optimizer
    {
        var model = Toy.Model();
        var batches = Toy.Batches(Count);
        manual_seed(3);
        using var optimizer = make(model);
        foreach (var (input, target) in batches)
            optimizer.Step(input, target);
        return Toy.Weights(model);
    }

    private static float[] ByCore(Recipe recipe) =>
        Run(m => new Optimizer(m, recipe, Likelihood.Categorical, Toy.Rate));

    private static readonly Recipe Shortly = Methods.foof.WithCadence(3, 2).WithWarmUp(2);

    private static readonly Dictionary<string, (CurvatureSchedule Schedule, Recipe Recipe)> Schedules = new()
    {
        ["InvertEvery"] = (Short with { InvertEvery = 4 }, Shortly.WithCadence(4, 2)),
        ["StatisticsSteps"] = (Short with { StatisticsSteps = 3 }, Shortly.WithCadence(3, 3)),
        ["WarmUpBatches"] = (Short with { WarmUpBatches = 5 }, Shortly.WithWarmUp(5)),
        ["MovingAverage"] = (Short with { MovingAverage = 0.5 }, Shortly.WithMovingAverage(0.5)),
        ["StatisticsShare"] = (Short with { StatisticsShare = 0.5 }, Shortly.WithStatisticsShare(0.5)),
        ["InverseDelay"] = (Short with { InverseDelay = 2 }, Shortly.WithInverseDelay(2)),
    };

    public static TheoryData<string> OfSchedules => [.. Schedules.Keys];

    [Theory]
    [MemberData(nameof(OfSchedules))]
    public void A_schedules_entry_is_the_cores_setting_to_the_bit(string name)
    {
        using var scope = NewDisposeScope();
        var (schedule, recipe) = Schedules[name];
        var found = Run(m => new FoofOptimizer(m, learningRate: Toy.Rate, schedule: schedule));
        Assert.Equal(ByCore(recipe), found);
        Assert.NotEqual(ByCore(Shortly), found);
    }

    [Fact]
    public void All_entries_of_a_schedule_go_together()
    {
        using var scope = NewDisposeScope();
        var schedule = Short with { MovingAverage = 0.5, StatisticsShare = 0.25, InverseDelay = 1 };
        var options = new UpdateOptions { BFloat16Products = true };
        Assert.Equal(
            ByCore(Shortly.WithMovingAverage(0.5).WithStatisticsShare(0.25).WithInverseDelay(1).WithBFloat16Products()),
            Run(m => new FoofOptimizer(m, learningRate: Toy.Rate, schedule: schedule, options: options))
        );
    }

    [Fact]
    public void A_schedule_that_is_left_out_is_the_methods()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        void Same(Recipe expected, CurvatureOptimizer optimizer)
        {
            using (optimizer)
            {
                var found = optimizer.Recipe;
                Assert.Equal(
                    (expected.Cadence, expected.Memory, expected.StatisticsShare, expected.Inversions),
                    (found.Cadence, found.Memory, found.StatisticsShare, found.Inversions)
                );
                Assert.Equal((expected.Damping, expected.Rule), (found.Damping, found.Rule));
                Assert.Equal(expected.LearningRate, optimizer.LearningRate);
                Assert.Equal(0, optimizer.Momentum);
            }
        }
        Same(Methods.foof, new FoofOptimizer(model));
        Same(Methods.foof, new FoofOptimizer(model, schedule: new(), options: new()));
        Same(Methods.kfacExpand, new KfacOptimizer(model));
        Same(Methods.kfacReduce, new KfacOptimizer(model, sharing: KfacSharing.Reduce));
        Same(Methods.kfacStandard, new KfacOptimizer(model, dampingRule: KfacDamping.Standard));
        Same(Methods.ekfac, new EkfacOptimizer(model));
        Same(Methods.natural, new NaturalGradientOptimizer(model));
        Same(Methods.shampoo, new ShampooOptimizer(model));
        Same(Methods.eva, new EvaOptimizer(model));
    }

    [Fact]
    public void Methods_own_settings_are_the_cores_to_the_bit()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(
            ByCore(Methods.eva.WithDamping(0.2).WithTrust(Trust.NewKlClip(1e-5)).WithMovingAverage(0.5)),
            Run(m => new EvaOptimizer(m, learningRate: Toy.Rate, damping: 0.2, klClip: 1e-5, movingAverage: 0.5))
        );
        Assert.Equal(
            ByCore(Methods.shampoo.WithDamping(0.2).WithCadence(2, 2)),
            Run(m => new ShampooOptimizer(m, learningRate: Toy.Rate, damping: 0.2, invertEvery: 2))
        );
    }

    [Fact]
    public void Options_are_the_cores_settings_to_the_bit()
    {
        using var scope = NewDisposeScope();
        var plain = ByCore(Methods.foof);
        float[] Found(UpdateOptions options) =>
            Run(m => new FoofOptimizer(m, learningRate: Toy.Rate, options: options));
        void Same(UpdateOptions options, Func<nn.Module<Tensor, Tensor>, Optimizer> expected)
        {
            var found = Found(options);
            Assert.Equal(Run(expected), found);
            Assert.NotEqual(plain, found);
        }
        Optimizer Core(
            nn.Module<Tensor, Tensor> model,
            double momentum = 0,
            double decay = 0,
            Func<string, Parameter, bool>? select = null
        ) => new(model, Methods.foof, Likelihood.Categorical, Toy.Rate, momentum, decay, select: select);

        Assert.Equal(plain, Found(new()));
        Same(new() { Momentum = 0.5 }, m => Core(m, momentum: 0.5));
        Same(new() { WeightDecay = 0.5 }, m => Core(m, decay: 0.5));
        Same(new() { Select = (name, _) => name == "0" }, m => Core(m, select: (name, _) => name == "0"));
        Same(
            new() { BFloat16Products = true },
            m => new Optimizer(m, Methods.foof.WithBFloat16Products(), Likelihood.Categorical, Toy.Rate)
        );
    }

    [Fact]
    public void Layers_that_are_not_selected_are_plain()
    {
        using var scope = NewDisposeScope();
        using var optimizer = new FoofOptimizer(
            Toy.Model(),
            options: new() { Select = (name, weight) => name == "0" && weight.shape[1] == 6 }
        );
        Assert.Equal([true, true, false, false], optimizer.Coverage.Select(line => line.Treatment.IsPreconditioned));
        Assert.Equal("it was not selected", optimizer.Coverage[2].Detail);
        var error = Assert.Throws<ArgumentException>(() =>
            new FoofOptimizer(Toy.Model(), options: new() { Select = (_, _) => false })
        );
        Assert.Contains("it was not selected", error.Message);
    }

    [Fact]
    public void Options_may_make_several_optimisers()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        var options = new UpdateOptions
        {
            Momentum = 0.5,
            Groups = model.parameters().Take(1).Select(own => new ParameterGroup([own], 0.1)),
        };
        using var one = new FoofOptimizer(model, learningRate: 0.5, options: options);
        using var two = new FoofOptimizer(model, learningRate: 0.25, options: options);
        two.LearningRate = 0.2;
        Assert.Equal([0.5, 0.1], one.ParamGroups.Select(group => group.LearningRate));
        Assert.Equal([0.2, 0.2], two.ParamGroups.Select(group => group.LearningRate));
    }
}
