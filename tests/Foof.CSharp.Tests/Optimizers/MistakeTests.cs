using System.Globalization;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>Mistakes are told of at entry, in a sentence that says what to do.</summary>
public sealed class MistakeTests
{
    private static readonly Dictionary<string, Action<nn.Module<Tensor, Tensor>>> OutOfRange = new()
    {
        ["learningRate"] = m => new FoofOptimizer(m, learningRate: 0),
        ["damping"] = m => new FoofOptimizer(m, damping: double.NaN),
        ["momentum"] = m => new KfacOptimizer(m, momentum: 1),
        ["weightDecay"] = m => new EkfacOptimizer(m, weightDecay: -1),
        ["movingAverage"] = m => new EvaOptimizer(m, movingAverage: 1),
        ["klClip"] = m => new EvaOptimizer(m, klClip: 0),
        ["invertEvery"] = m => new ShampooOptimizer(m, invertEvery: 0),
        ["statisticsSteps"] = m => new FoofOptimizer(m, invertEvery: 5, statisticsSteps: 6),
        ["warmUpBatches"] = m => new FoofOptimizer(m, warmUpBatches: -1),
        ["loss"] = m => new FoofOptimizer(m, (Loss)9),
        ["dampingRule"] = m => new KfacOptimizer(m, dampingRule: (KfacDamping)9),
        ["sharing"] = m => new KfacOptimizer(m, sharing: (KfacSharing)9),
        ["StaleSteps"] = m => new FoofOptimizer(m, invertEvery: 20, speed: new() { StaleSteps = 21 }),
        ["StatisticsShare"] = m => new KfacOptimizer(m, speed: new() { StatisticsShare = 0 }),
        ["fisher"] = m => new NaturalGradientOptimizer(m, fisher: (NaturalGradientFisher)9),
    };

    public static TheoryData<string> Arguments => [.. OutOfRange.Keys];

    [Theory]
    [MemberData(nameof(Arguments))]
    public void An_argument_out_of_its_range_is_named(string name)
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        var error = Assert.Throws<ArgumentException>(() => OutOfRange[name](model));
        Assert.Equal(name, error.ParamName);
        Assert.StartsWith(name, error.Message);
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
            Trained(m => new FoofOptimizer(m, invertEvery: 2, statisticsSteps: 2)),
            Trained(m => new FoofOptimizer(m, invertEvery: 2))
        );
        Assert.Equal(
            Trained(m => new KfacOptimizer(m, invertEvery: 1, statisticsSteps: 1)),
            Trained(m => new KfacOptimizer(m, invertEvery: 1))
        );
        Assert.Equal(
            Trained(m => new EkfacOptimizer(m, invertEvery: 1, statisticsSteps: 1)),
            Trained(m => new EkfacOptimizer(m, invertEvery: 1))
        );
        new FoofPreconditioner(Toy.Model(), invertEvery: 1).Dispose();
    }

    [Fact]
    public void Speed_that_a_method_cannot_have_is_refused()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        var error = Assert.Throws<ArgumentException>(() =>
            new KfacOptimizer(
                model,
                dampingRule: KfacDamping.Standard,
                speed: new() { BFloat16Products = true }
            )
        );
        Assert.Contains(
            "Products may be in BFloat16 where the inverse is a Kronecker product",
            error.Message
        );
        Assert.Throws<ArgumentException>(() => new FoofOptimizer(model, speed: new() { StaleSteps = -1 }));
    }

    [Fact]
    public void Nothing_is_null()
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
        Assert.Contains(
            "no parameters",
            Assert.Throws<ArgumentException>(() => new FoofOptimizer(nn.ReLU())).Message
        );
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
        using var scope = NewDisposeScope();
        using var optimizer = new FoofOptimizer(Toy.Model());
        var error = Assert.Throws<ArgumentNullException>(() => optimizer.Logger = null!);
        Assert.Equal("Logger", error.ParamName);
        Assert.NotNull(optimizer.Logger);
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
        Assert.Equal(0, optimizer.Position);
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
    public void A_penalty_of_another_model_is_told_of()
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
        Assert.Equal(0, optimizer.Position);
        optimizer.Penalty = new Shrinkage(model);
        optimizer.Step(input, target);
    }

    /// <summary>1/2 |theta|^2.</summary>
    private sealed class Shrinkage(nn.Module model) : IPenalty
    {
        public IReadOnlyList<(TorchSharp.Modules.Parameter Parameter, Tensor Gradient)> Gradients() =>
            [.. model.parameters().Select(parameter => (parameter, parameter.detach().clone()))];
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
        void Made(params ParameterSettings[] groups)
        {
            using var made = new FoofOptimizer(model, groups: groups);
        }
        Refused("groups must hold settings; group 2 is null", () => Made(new([]), null!));
        Refused("A group must have parameters", () => Made(new ParameterSettings(null!)));
        Refused("A group must have parameters", () => optimizer.AddGroup(new([null!])));
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
        Assert.Throws<ObjectDisposedException>(() => optimizer.State());
        Assert.Throws<ObjectDisposedException>(() => optimizer.Save("file"));
    }

    [Fact]
    public void A_fallback_is_logged_and_raised()
    {
        using var scope = NewDisposeScope();
        var log = new Lines();
        var raised = new List<CurvatureFallbackEventArgs>();
        using var optimizer = new FoofOptimizer(nn.Linear(6, 3), damping: 1e-20) { Logger = log };
        optimizer.Fallback += (sender, fallback) =>
        {
            Assert.Same(optimizer, sender);
            raised.Add(fallback);
        };
        optimizer.Step(ones(10, 6), zeros(10, dtype: ScalarType.Int64));
        Assert.NotEmpty(raised);
        Assert.Equal(optimizer.Fallbacks, raised.Count);
        Assert.Equal(raised.Count, log.All.Count);
        Assert.Contains(raised[0].Description, log.All[0]);
        Assert.StartsWith(nameof(LogLevel.Warning), log.All[0]);
    }

    private sealed class Lines : ILogger
    {
        internal List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) =>
            All.Add(
                string.Create(CultureInfo.InvariantCulture, $"{logLevel}: {formatter(state, exception)}")
            );
    }
}
