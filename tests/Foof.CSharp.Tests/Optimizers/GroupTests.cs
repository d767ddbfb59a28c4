using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>Groups of parameters, and TorchSharp's schedulers on them.</summary>
public sealed class GroupTests
{
    [Fact]
    public void A_scheduler_changes_the_rate_of_the_next_step()
    {
        using var scope = NewDisposeScope();
        var batches = Toy.Batches(6);
        float[] Run(Action<FoofOptimizer, int> afterStep)
        {
            var model = Toy.Model();
            using var optimizer = new FoofOptimizer(model, learningRate: 0.25);
            foreach (var (step, (input, target)) in batches.Index())
            {
                optimizer.Step(input, target);
                afterStep(optimizer, step);
            }
            return Toy.Weights(model);
        }
        optim.lr_scheduler.LRScheduler? scheduler = null;
        var scheduled = Run(
            (optimizer, _) =>
            {
                scheduler ??= optim.lr_scheduler.StepLR(optimizer, step_size: 2, gamma: 0.5);
                scheduler.step();
            }
        );
        var byHand = Run((optimizer, step) => optimizer.LearningRate = 0.25 * Math.Pow(0.5, (step + 1) / 2));
        Assert.Equal(byHand, scheduled);
        Assert.NotEqual(Run((_, _) => { }), scheduled);
    }

    [Fact]
    public void Parameters_may_have_settings_of_their_own()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        var head = model.parameters().TakeLast(2).ToArray();
        using var optimizer = new FoofOptimizer(
            model,
            learningRate: 0.5,
            options: new() { Momentum = 0.25, Groups = [new(head, learningRate: 0.125, weightDecay: 0.5)] }
        );
        Assert.Equal([0.5, 0.125], optimizer.ParamGroups.Select(group => group.LearningRate));
        Assert.Equal(4, optimizer.parameters().Count());
        Assert.All(optimizer.Coverage, line => Assert.True(line.Treatment.IsPreconditioned));
        Assert.Equal([(0.5, 0.5, 0.25, 0), (0.125, 0.125, 0.25, 0.5)], Settings(optimizer));
    }

    private static IEnumerable<(double Rate, double First, double Momentum, double Decay)> Settings(
        CurvatureOptimizer optimizer
    ) =>
        optimizer
            .ParamGroups.Cast<ParameterGroup>()
            .Select(own => (own.LearningRate, own.InitialLearningRate, own.Options.Momentum, own.Options.WeightDecay));

    [Fact]
    public void What_a_group_leaves_out_is_the_optimisers()
    {
        using var scope = NewDisposeScope();
        var parameters = Toy.Model().parameters().ToArray();
        var options = new UpdateOptions { Momentum = 0.25, WeightDecay = 0.5 };
        using var optimizer = new FoofOptimizer(nn.Linear(2, 2), learningRate: 0.75, options: options);
        optimizer.add_param_group(new ParameterGroup([parameters[0]]));
        optimizer.add_param_group(new ParameterGroup([parameters[1]], learningRate: 0.1));
        optimizer.add_param_group(new ParameterGroup([parameters[2]], momentum: 0.2));
        optimizer.add_param_group(new ParameterGroup([parameters[3]], weightDecay: 0));
        Assert.Equal(
            [
                (0.75, 0.75, 0.25, 0.5),
                (0.75, 0.75, 0.25, 0.5),
                (0.1, 0.1, 0.25, 0.5),
                (0.75, 0.75, 0.2, 0.5),
                (0.75, 0.75, 0.25, 0),
            ],
            Settings(optimizer)
        );
    }

    [Fact]
    public void A_group_of_TorchSharps_brings_its_parameters_and_its_rate()
    {
        using var scope = NewDisposeScope();
        var parameters = Toy.Model().parameters().ToArray();
        var options = new UpdateOptions { Momentum = 0.25, WeightDecay = 0.5 };
        using var optimizer = new FoofOptimizer(nn.Linear(2, 2), learningRate: 0.75, options: options);
        optimizer.add_param_group(new ParamGroup { Parameters = [parameters[0]] });
        optimizer.add_param_group(new SGD.ParamGroup([parameters[1]], lr: 0.1, momentum: 0.9));
        Assert.Equal([(0.75, 0.75, 0.25, 0.5), (0.75, 0.75, 0.25, 0.5), (0.1, 0.1, 0.25, 0.5)], Settings(optimizer));
        Assert.Throws<ArgumentException>(() => optimizer.add_param_group(new ParamGroup()));
        var twice = new ParamGroup { Parameters = [parameters[0]] };
        Assert.Throws<ArgumentException>(() => optimizer.add_param_group(twice));
        Assert.Equal(3, optimizer.ParamGroups.Count());
    }

    [Theory]
    [InlineData("learningRate", 0.0, null, null)]
    [InlineData("learningRate", double.PositiveInfinity, null, null)]
    [InlineData("momentum", null, 1.0, null)]
    [InlineData("momentum", null, -0.1, null)]
    [InlineData("weightDecay", null, null, -1.0)]
    public void A_setting_of_a_group_is_kept_in_its_range(string name, double? rate, double? momentum, double? decay)
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<ArgumentException>(() => new ParameterGroup([], rate, momentum, decay));
        Assert.Equal(name, error.ParamName);
        Assert.StartsWith($"{name} must ", error.Message);
    }

    [Fact]
    public void A_group_belongs_to_one_optimiser()
    {
        using var scope = NewDisposeScope();
        var (model, other) = (nn.Linear(2, 2), nn.Linear(2, 2));
        var group = new ParameterGroup([new Parameter(zeros(2))]);
        using var one = new FoofOptimizer(model, learningRate: 0.5);
        using var two = new FoofOptimizer(other, learningRate: 0.25);
        one.add_param_group(group);
        two.add_param_group(group);
        two.LearningRate = 0.125;
        Assert.Equal([0.5, 0.5], one.ParamGroups.Select(own => own.LearningRate));
        Assert.Equal([0.125, 0.125], two.ParamGroups.Select(own => own.LearningRate));
    }

    [Fact]
    public void The_rate_is_set_for_all_groups_and_kept_in_its_range()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        var groups = new ParameterGroup[] { new(model.parameters().Take(1), learningRate: 0.1) };
        using var optimizer = new FoofOptimizer(model, learningRate: 0.5, options: new() { Groups = groups });
        Assert.Equal(0.5, optimizer.LearningRate);
        optimizer.LearningRate = 0.25;
        Assert.Equal([0.25, 0.25], optimizer.ParamGroups.Select(own => own.LearningRate));
        foreach (var value in new[] { 0, -1, double.NaN, double.PositiveInfinity })
        {
            var error = Assert.Throws<ArgumentException>(() => optimizer.LearningRate = value);
            Assert.Equal(nameof(optimizer.LearningRate), error.ParamName);
        }
        Assert.Equal(0.25, optimizer.LearningRate);
    }

    [Fact]
    public void A_group_that_comes_later_is_stepped()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        var offset = new Parameter(zeros(Toy.Classes));
        using var optimizer = new FoofOptimizer(model, learningRate: 0.5);
        optimizer.add_param_group(new ParamGroup { Parameters = [offset] });
        var (input, target) = Toy.Batches(1)[0];
        nn.functional.cross_entropy(model.call(input) + offset, target).backward();
        var gradient = offset.grad!.clone();
        optimizer.step();
        Assert.Equal(gradient.mul(-0.5).data<float>().ToArray(), offset.detach().data<float>().ToArray());
    }

    [Fact]
    public void A_parameter_may_be_in_one_group_only()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        var own = model.parameters().Take(1).ToArray();
        Assert.Throws<ArgumentException>(() =>
            new FoofOptimizer(model, options: new() { Groups = [new(own), new(own)] })
        );
        using var optimizer = new FoofOptimizer(model);
        Assert.Throws<ArgumentException>(() => optimizer.add_param_group(new ParameterGroup(own)));
    }

    [Fact]
    public void Coverage_shows_how_each_parameter_is_treated()
    {
        using var scope = NewDisposeScope();
        var frozen = nn.Linear(4, 4);
        foreach (var parameter in frozen.parameters())
            parameter.requires_grad = false;
        var model = nn.Sequential(frozen, nn.LayerNorm([4]), nn.Linear(4, 2));
        using var optimizer = new FoofOptimizer(model);
        Assert.Equal(
            ["frozen", "frozen", "plain", "plain", "preconditioned", "preconditioned"],
            optimizer.Coverage.Select(line =>
                line.Treatment.IsFrozen ? "frozen"
                : line.Treatment.IsPlain ? "plain"
                : "preconditioned"
            )
        );
        Assert.Contains("scales and shifts", optimizer.Coverage[2].Detail);
        Assert.Equal("2", optimizer.Coverage[4].Detail);
        Assert.Equal([2, 4], optimizer.Coverage[4].Shape);
        Assert.Equal("", optimizer.Coverage[0].Detail);
        Assert.Equal("2.weight [2; 4]: preconditioned by '2'", optimizer.Coverage[4].ToString());
    }
}
