using System.Globalization;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>Mistakes are told of at entry, in a sentence that says what to do.</summary>
[Settled]
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
    public void A_wrong_type_names_both()
    {
        using var scope = NewDisposeScope();
        var (input, target) = Toy.Batches(1)[0];
        using var optimizer = new FoofOptimizer(Toy.Model());
        var error = Assert.Throws<ArgumentException>(() =>
            optimizer.Step(input.to(ScalarType.Float64), target)
        );
        Assert.Contains("Float32", error.Message);
        Assert.Contains("Float64", error.Message);
        optimizer.Step(input, target);
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
