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
            momentum: 0.25,
            groups: [new(head, LearningRate: 0.125, WeightDecay: 0.5)]
        );
        Assert.Equal([0.5, 0.125], optimizer.ParamGroups.Select(group => group.LearningRate));
        Assert.Equal(4, optimizer.parameters().Count());
        Assert.All(
            optimizer.Coverage,
            line => Assert.Equal(ParameterTreatment.Preconditioned, line.Treatment)
        );
        double[] rows = [0.5, 0.5, 0.25, 0, 0.125, 0.125, 0.25, 0.5];
        Assert.Equal(rows, optimizer.State()["groups"].data<double>().ToArray());
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
        Assert.Throws<ArgumentException>(() => new FoofOptimizer(model, groups: [new(own), new(own)]));
        using var optimizer = new FoofOptimizer(model);
        Assert.Throws<ArgumentException>(() => optimizer.AddGroup(new(own)));
    }

    [Fact]
    public void Coverage_says_for_each_parameter_what_becomes_of_it()
    {
        using var scope = NewDisposeScope();
        var frozen = nn.Linear(4, 4);
        foreach (var parameter in frozen.parameters())
            parameter.requires_grad = false;
        var model = nn.Sequential(frozen, nn.LayerNorm([4]), nn.Linear(4, 2));
        using var optimizer = new FoofOptimizer(model);
        ParameterTreatment[] expected =
        [
            ParameterTreatment.Frozen,
            ParameterTreatment.Frozen,
            ParameterTreatment.Plain,
            ParameterTreatment.Plain,
            ParameterTreatment.Preconditioned,
            ParameterTreatment.Preconditioned,
        ];
        Assert.Equal(expected, optimizer.Coverage.Select(line => line.Treatment));
        Assert.Contains("scales and shifts", optimizer.Coverage[2].Detail);
        Assert.Equal("2", optimizer.Coverage[4].Detail);
        Assert.Equal([2, 4], optimizer.Coverage[4].Shape);
        Assert.Equal(
            "ParameterCoverage { Parameter = 2.weight, Shape = [2; 4], Treatment = Preconditioned, Detail = 2 }",
            optimizer.Coverage[4].ToString()
        );
    }
}
