using System.Globalization;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>Mistakes are refused at entry, with a sentence that says what to do.</summary>
public sealed class MistakeTests
{
    private static readonly Dictionary<string, (string Sentence, Action<nn.Module<Tensor, Tensor>> Make)> OutOfRange =
        new()
        {
            ["learningRate"] = (
                "learningRate must be a positive number; got 0",
                m => new FoofOptimizer(m, learningRate: 0)
            ),
            ["damping"] = (
                "damping must be a positive number; got NaN",
                m => new FoofOptimizer(m, damping: double.NaN)
            ),
            ["Momentum"] = (
                "Momentum must lie in [0, 1); got 1",
                m => new KfacOptimizer(m, options: new() { Momentum = 1 })
            ),
            ["WeightDecay"] = (
                "WeightDecay must be a number of at least 0; got -1",
                m => new EkfacOptimizer(m, options: new() { WeightDecay = -1 })
            ),
            ["movingAverage"] = ("movingAverage must lie in [0, 1); got 1", m => new EvaOptimizer(m, movingAverage: 1)),
            ["klClip"] = ("klClip must be a positive number; got 0", m => new EvaOptimizer(m, klClip: 0)),
            ["invertEvery"] = ("invertEvery must be at least 1; got 0", m => new ShampooOptimizer(m, invertEvery: 0)),
            ["StatisticsSteps"] = (
                "StatisticsSteps (S) must be at most InvertEvery (T = 5); got 6",
                m => new FoofOptimizer(m, schedule: new() { InvertEvery = 5, StatisticsSteps = 6 })
            ),
            ["WarmUpBatches"] = (
                "WarmUpBatches must be at least 0; got -1",
                m => new FoofOptimizer(m, schedule: new() { WarmUpBatches = -1 })
            ),
            ["InverseDelay"] = (
                "InverseDelay must lie between 1 and InvertEvery (T = 20), or be 0 to invert in the step; got 21",
                m => new FoofOptimizer(m, schedule: new() { InvertEvery = 20, InverseDelay = 21 })
            ),
            ["StatisticsShare"] = (
                "StatisticsShare must lie in (0, 1]; got 0",
                m => new KfacOptimizer(m, schedule: new() { StatisticsShare = 0 })
            ),
            ["loss"] = ("loss must be one of", m => new FoofOptimizer(m, (Loss)9)),
            ["dampingRule"] = ("dampingRule must be one of", m => new KfacOptimizer(m, dampingRule: (KfacDamping)9)),
            ["sharing"] = ("sharing must be one of", m => new KfacOptimizer(m, sharing: (KfacSharing)9)),
            ["fisher"] = (
                "fisher must be one of",
                m => new NaturalGradientOptimizer(m, fisher: (NaturalGradientFisher)9)
            ),
        };

    public static TheoryData<string> Arguments => [.. OutOfRange.Keys];

    [Theory]
    [MemberData(nameof(Arguments))]
    public void An_argument_out_of_its_range_is_named(string name)
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        var (sentence, make) = OutOfRange[name];
        var error = Assert.Throws<ArgumentException>(() => make(model));
        Assert.Equal(name, error.ParamName);
        Assert.StartsWith(sentence, error.Message);
    }

    [Fact]
    public void An_optimiser_whose_arguments_were_refused_is_collected_without_an_error()
    {
        using var scope = NewDisposeScope();
        foreach (var (_, make) in OutOfRange.Values)
            Assert.ThrowsAny<ArgumentException>(() => make(Toy.Model()));
        Assert.Throws<ArgumentNullException>(() => new FoofOptimizer(null!));
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    [Fact]
    public void Statistics_that_are_not_asked_for_are_taken_in_every_step_of_a_short_period()
    {
        using var scope = NewDisposeScope();
        var batches = Toy.Batches(4);
        float[] Trained(Func<nn.Module<Tensor, Tensor>, CurvatureOptimizer> make)
        {
            manual_seed(1);
            var model = Toy.Model();
            using var optimizer = make(model);
            foreach (var (input, target) in batches)
                optimizer.Step(input, target).Dispose();
            return Toy.Weights(model);
        }
        Assert.Equal(
            Trained(m => new FoofOptimizer(m, schedule: new() { InvertEvery = 2, StatisticsSteps = 2 })),
            Trained(m => new FoofOptimizer(m, schedule: new() { InvertEvery = 2 }))
        );
        Assert.Equal(
            Trained(m => new KfacOptimizer(m, schedule: new() { InvertEvery = 1, StatisticsSteps = 1 })),
            Trained(m => new KfacOptimizer(m, schedule: new() { InvertEvery = 1 }))
        );
        Assert.Equal(
            Trained(m => new EkfacOptimizer(m, schedule: new() { InvertEvery = 1, StatisticsSteps = 1 })),
            Trained(m => new EkfacOptimizer(m, schedule: new() { InvertEvery = 1 }))
        );
        new FoofPreconditioner(Toy.Model(), schedule: new() { InvertEvery = 1 }).Dispose();
    }

    [Fact]
    public void What_a_method_cannot_have_is_refused()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        var error = Assert.Throws<ArgumentException>(() =>
            new KfacOptimizer(model, dampingRule: KfacDamping.Standard, options: new() { BFloat16Products = true })
        );
        Assert.Contains("Products may be in BFloat16 where the inverse is a Kronecker product", error.Message);
        var delayed = Assert.Throws<ArgumentException>(() =>
            new EkfacOptimizer(model, schedule: new() { InverseDelay = 1 })
        );
        Assert.Contains("'ekfac' inverts in the step", delayed.Message);
        var early = Assert.Throws<ArgumentException>(() =>
            new FoofOptimizer(model, schedule: new() { InverseDelay = -1 })
        );
        Assert.Equal("InverseDelay", early.ParamName);
    }

    [Fact]
    public void Null_is_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentNullException>(() => new FoofOptimizer(null!));
        using var optimizer = new FoofOptimizer(Toy.Model());
        Assert.Throws<ArgumentNullException>(() => optimizer.Step(null!, ones(1)));
        Assert.Throws<ArgumentNullException>(() => optimizer.Step(ones(1), null!));
        Assert.Throws<ArgumentNullException>(() => optimizer.WarmUp(null!));
        Assert.Throws<ArgumentNullException>(() => optimizer.Restore(null!));
        Assert.Throws<ArgumentNullException>(() => optimizer.add_param_group(null!));
    }

    [Fact]
    public void A_model_without_covered_layers_lists_what_it_found()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<ArgumentException>(() =>
            new FoofOptimizer(nn.Sequential(nn.LayerNorm([4]), nn.ReLU()))
        );
        foreach (var word in new[] { "FoofOptimizer", "LayerNorm", "ReLU", "'0.weight' [4]", "Linear" })
            Assert.Contains(word, error.Message);
        Assert.Contains("no parameters", Assert.Throws<ArgumentException>(() => new FoofOptimizer(nn.ReLU())).Message);
    }

    [Fact]
    public void A_step_before_backward_says_so()
    {
        using var scope = NewDisposeScope();
        using var optimizer = new FoofOptimizer(Toy.Model());
        var error = Assert.Throws<InvalidOperationException>(() => optimizer.step());
        Assert.Contains("backward()", error.Message);
    }

    [Fact]
    public void A_method_with_errors_says_how_it_is_stepped()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        var (input, target) = Toy.Batches(1)[0];
        using var optimizer = new KfacOptimizer(model);
        nn.functional.cross_entropy(model.call(input), target).backward();
        var error = Assert.Throws<InvalidOperationException>(() => optimizer.step());
        Assert.Contains("Step(input, target)", error.Message);
    }

    [Fact]
    public void A_warm_up_after_steps_is_refused()
    {
        using var scope = NewDisposeScope();
        var batches = Toy.Batches(2);
        using var optimizer = new FoofOptimizer(Toy.Model());
        optimizer.Steps(batches);
        var error = Assert.Throws<InvalidOperationException>(() => optimizer.WarmUp([batches[0].Input]));
        Assert.Contains("before the first step", error.Message);
    }

    [Fact]
    public void There_is_always_a_logger()
    {
        var error = Assert.Throws<ArgumentNullException>(() => new UpdateOptions { Logger = null! });
        Assert.Equal("Logger", error.ParamName);
        Assert.NotNull(new UpdateOptions().Logger);
    }

    [Fact]
    public void A_closure_without_backward_says_so_and_one_with_it_steps()
    {
        using var scope = NewDisposeScope();
        var (input, target) = Toy.Batches(1)[0];
        var model = Toy.Model();
        using var optimizer = new FoofOptimizer(model);
        Tensor Loss() => nn.functional.cross_entropy(model.call(input), target);
        var error = Assert.Throws<InvalidOperationException>(() => optimizer.step(Loss));
        Assert.Contains("backward()", error.Message);
        Assert.Equal(0, optimizer.BatchesSeen);
        var before = Toy.Weights(model);
        using (no_grad())
            Assert.NotNull(
                optimizer.step(() =>
                {
                    var loss = Loss();
                    loss.backward();
                    return loss;
                })
            );
        Assert.NotEqual(before, Toy.Weights(model));
    }

    [Fact]
    public void A_penalty_of_another_model_is_refused()
    {
        using var scope = NewDisposeScope();
        var (input, target) = Toy.Batches(1)[0];
        var (model, other) = (Toy.Model(), Toy.Model());
        using var optimizer = new FoofOptimizer(model) { Penalty = new Shrinkage(other) };
        var error = Assert.Throws<InvalidOperationException>(() => optimizer.Step(input, target));
        Assert.Contains("of its 4 gradients, 4 belong to no parameter", error.Message);
        Assert.Equal(Toy.Weights(other), Toy.Weights(model));
        nn.functional.cross_entropy(model.call(input), target).backward();
        Assert.Throws<InvalidOperationException>(() => optimizer.step());
        Assert.Equal(0, optimizer.BatchesSeen);
        optimizer.Penalty = new Shrinkage(model);
        optimizer.Step(input, target);
    }

    /// <summary>1/2 |theta|^2.</summary>
    private sealed class Shrinkage(nn.Module model) : IPenalty
    {
        public IReadOnlyList<ParameterGradient> Gradients() =>
            [.. model.parameters().Select(own => new ParameterGradient(own, own.detach().clone()))];
    }

    [Fact]
    public void Groups_must_be_whole()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        using var optimizer = new FoofOptimizer(model);
        void Refused(string sentence, Action action)
        {
            var error = Assert.Throws<ArgumentException>(action);
            Assert.StartsWith(sentence, error.Message);
        }
        void Made(params ParameterGroup[] groups)
        {
            using var made = new FoofOptimizer(model, options: new() { Groups = groups });
        }
        Refused("groups must hold parameters with settings; group 2 is null", () => Made(new([]), null!));
        Refused("A group must have parameters", () => Made(new ParameterGroup(null!)));
        Refused("A group must have parameters", () => optimizer.add_param_group(new ParameterGroup([null!])));
        Assert.Single(optimizer.ParamGroups);
    }

    [Fact]
    public void A_disposed_optimiser_says_that_it_is()
    {
        using var scope = NewDisposeScope();
        var (input, target) = Toy.Batches(1)[0];
        var optimizer = new FoofOptimizer(Toy.Model());
        optimizer.Dispose();
        optimizer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => optimizer.Step(input, target));
        Assert.Throws<ObjectDisposedException>(() => optimizer.step());
        Assert.Throws<ObjectDisposedException>(() => optimizer.WarmUp([input]));
        Assert.Throws<ObjectDisposedException>(() => optimizer.UpdateCurvature(input, target));
        Assert.Throws<ObjectDisposedException>(optimizer.zero_grad);
        Assert.Throws<ObjectDisposedException>(() => optimizer.add_param_group(new ParameterGroup([])));
        Assert.Throws<ObjectDisposedException>(() => optimizer.State());
        Assert.Throws<ObjectDisposedException>(() => optimizer.Restore(new Dictionary<string, Tensor>()));
        Assert.Throws<ObjectDisposedException>(() => optimizer.Save("file"));
        Assert.Throws<ObjectDisposedException>(() => optimizer.Load("file"));
        Assert.True(optimizer.IsDisposed);
    }
}
