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
        using var posterior = problem.Fit(new() { Structure = LaplaceStructure.Full, Logger = log });
        Assert.Empty(log.All);
        posterior.TuneByEvidence();
        Assert.NotEmpty(posterior.Warnings);
        Assert.Equal(posterior.Warnings, log.All);
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
    public void A_column_budget_that_is_too_small_is_told_of()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var tasks = new ElasticWeightConsolidation(
            problem.Model,
            Loss.CrossEntropy,
            new() { Structure = ContinualStructure.FullFisher, ColumnBudget = 1 }
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
