using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>Warnings are kept, and logged as they arise.</summary>
public sealed class WarningTests
{
    private readonly Lines log = new();

    [Fact]
    public void A_posterior_logs_what_it_warns_of()
    {
        using var problem = new SmallProblem(trained: false);
        using var posterior = problem.Fit(new() { Structure = CurvatureStructure.Dense, Logger = log });
        Assert.Empty(log.All);
        posterior.TuneByEvidence();
        Assert.NotEmpty(posterior.Warnings);
        Assert.Equal(posterior.Warnings, log.All);
    }

    private static bool Has(LaplacePosterior posterior, string part) =>
        posterior.Warnings.Any(warning => warning.Contains(part, StringComparison.Ordinal));

    [Fact]
    public void A_network_that_is_not_at_a_stationary_point_gives_a_warning_with_the_gradients_norm()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem(trained: false);
        using var posterior = problem.Fit(new() { Structure = CurvatureStructure.Dense });
        posterior.TuneByEvidence();
        // N times the gradient of the mean loss, and the prior precision times the weights.
        nn.functional.cross_entropy(problem.Model.call(problem.Input), problem.Target).backward();
        var delta = posterior.PriorPrecision[0];
        var squares = problem
            .Model.parameters()
            .Sum(weight => (weight.grad! * 60 + weight * delta).square().sum().ToDouble());
        Assert.True(Has(posterior, $"has the norm {Math.Sqrt(squares):G3}, "), posterior.Warnings[0]);
    }

    [Fact]
    public void Few_columns_that_the_data_use_up_give_a_warning()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = LaplacePosterior.Fit(
            problem.Model,
            Loss.CrossEntropy,
            [(problem.Input.narrow(0, 0, 3), problem.Target.narrow(0, 0, 3))],
            new()
            {
                Structure = CurvatureStructure.LowRank,
                FisherType = FisherType.MonteCarlo,
                MemoryBudget = 20_000,
                DataPoints = 100_000,
            },
            new Generator(5)
        );
        Assert.Equal(3, posterior.Columns);
        posterior.TuneByEvidence();
        Assert.InRange(posterior.EffectiveParameters, 1.5, 3);
        Assert.True(Has(posterior, "effective parameters of 3 columns at most"));
    }

    [Fact]
    public void An_incomplete_evidence_gives_a_warning_until_something_else_chooses()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        const string Part = "is incomplete here";
        using var last = problem.Fit(new() { LastLayer = true });
        last.TuneByEvidence();
        Assert.False(Has(last, Part));
        using var full = problem.Fit(new() { Structure = CurvatureStructure.Dense });
        full.TuneByEvidence();
        Assert.True(full.Summary.IsWhole);
        Assert.False(Has(full, Part));
        using var sampled = problem.Fit(
            new() { Structure = CurvatureStructure.Dense, FisherType = FisherType.MonteCarlo }
        );
        Assert.False(sampled.Summary.IsWhole);
        using var posterior = problem.Fit();
        foreach (
            var choice in new Action[]
            {
                () => posterior.SetPriorPrecision(2),
                () => posterior.SetPriorMean([.. posterior.Core.Mean.Select(matrix => matrix * 0)]),
                () => posterior.TuneByValidation([SmallProblem.Draw(30)]),
            }
        )
        {
            posterior.TuneByEvidence();
            Assert.NotEmpty(posterior.Warnings);
            choice();
            Assert.False(Has(posterior, "evidence"));
        }
    }

    [Fact]
    public void Validation_data_that_prefer_the_end_of_the_search_give_a_warning_in_plain_words()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = problem.Fit(new() { Logger = log });
        // Labels that the network itself gives: without uncertainty they are most likely.
        var own = problem.Model.call(problem.Input).argmax(1);
        posterior.TuneByValidation([(problem.Input, own)]);
        Assert.True(posterior.PriorPrecision[0] > 1e7);
        Assert.True(Has(posterior, "do not determine the prior precision"));
        Assert.True(Has(posterior, "adds no uncertainty to the network's own prediction"));
        Assert.Equal(posterior.Warnings, log.All);
        posterior.SetPriorPrecision(1);
        Assert.Empty(posterior.Warnings);
        posterior.TuneTemperatureByValidation([(problem.Input, own)]);
        Assert.True(posterior.Temperature < 1e-5);
        Assert.True(Has(posterior, "do not determine the temperature"));
    }

    [Fact]
    public void Parameters_that_are_not_held_back_are_named_once()
    {
        using var scope = NewDisposeScope();
        var model = nn.Sequential(("free", new Free()), ("fc", nn.Linear(2, 3)));
        using var tasks = new ElasticWeightConsolidation(model, Loss.CrossEntropy) { Logger = log };
        tasks.Consolidate([(randn(4, 2), null)]);
        tasks.Consolidate([(randn(4, 2), null)]);
        var warning = Assert.Single(tasks.Warnings);
        Assert.Contains("'free.weight'", warning, StringComparison.Ordinal);
        Assert.Equal(tasks.Warnings, log.All);
    }

    [Fact]
    public void Parameters_without_uncertainty_are_named_unless_the_user_left_them_out()
    {
        using var scope = NewDisposeScope();
        var (first, last) = (nn.Linear(2, 3), nn.Linear(3, 3));
        var model = nn.Sequential(("free", new Free()), ("first", first), ("last", last));
        first.weight!.requires_grad = false;
        last.bias!.requires_grad = false;
        (Tensor, Tensor?)[] data = [(randn(4, 2), null)];
        using var posterior = LaplacePosterior.Fit(model, Loss.CrossEntropy, data, new() { Logger = log });
        Assert.Equal(
            [
                "Some trained parameters have no uncertainty here, since no layer covers them: 'free.weight' (it belongs to no "
                    + "kind of layer that is covered), 'first.bias' (its layer's weight is frozen).",
                "Some biases have no uncertainty here, since they are frozen while their layers' weights are trained: "
                    + "'last.bias'.",
            ],
            posterior.Warnings
        );
        Assert.Equal(posterior.Warnings, log.All);
        foreach (
            var chosen in new LaplaceOptions[]
            {
                new() { LastLayer = true },
                new() { Select = (_, _) => true },
            }
        )
        {
            using var part = LaplacePosterior.Fit(model, Loss.CrossEntropy, data, chosen);
            Assert.Empty(part.Warnings);
        }
    }

    [Fact]
    public void A_column_budget_that_is_too_small_gives_a_warning()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var tasks = new ElasticWeightConsolidation(
            problem.Model,
            Loss.CrossEntropy,
            new() { Structure = CurvatureStructure.LowRank, ColumnBudget = 1 }
        )
        {
            Logger = log,
        };
        tasks.Consolidate(problem.Batches);
        Assert.Contains("column budget", Assert.Single(log.All), StringComparison.Ordinal);
    }

    /// <summary>A parameter that no layer covers.</summary>
    private sealed class Free : nn.Module<Tensor, Tensor>
    {
        private readonly TorchSharp.Modules.Parameter weight = new(ones(2));

        internal Free()
            : base("free") => RegisterComponents();

        public override Tensor forward(Tensor input) => input * weight;
    }

    private sealed class Lines : ILogger
    {
        internal List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => All.Add(formatter(state, exception));
    }
}
