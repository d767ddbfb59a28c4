using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>A batch of many classes is differentiated in parts sized by the memory budget.</summary>
public sealed class ManyClassesTests
{
    private const long Points = 40;
    private const long Classes = 30;

    // The errors of a data point's columns take 5 x 30 x (4 + 30) x 8 bytes.
    private const long Budget = 500_000;

    /// <summary>A classifier that notes how many data points it sees at once where derivatives are recorded.</summary>
    private sealed class Noting : nn.Module<Tensor, Tensor>
    {
        private readonly TorchSharp.Modules.Linear first = nn.Linear(3, 4, dtype: ScalarType.Float64);
        private readonly TorchSharp.Modules.Linear last = nn.Linear(4, Classes, dtype: ScalarType.Float64);

        internal Noting()
            : base(nameof(Noting)) => RegisterComponents();

        internal List<long> Seen { get; } = [];

        public override Tensor forward(Tensor input)
        {
            if (is_grad_enabled())
                Seen.Add(input.shape[0]);
            return last.call(first.call(input).tanh());
        }
    }

    private static (Noting Model, Tensor Input, Tensor Target) Problem()
    {
        manual_seed(5);
        var model = new Noting();
        model.eval();
        var target = randint(0, Classes, Points);
        target[TensorIndex.Slice(3, 20)] = -100;
        return (model, randn(Points, 3, dtype: ScalarType.Float64), target);
    }

    [Theory]
    [InlineData(CurvatureStructure.Kronecker)]
    [InlineData(CurvatureStructure.Diagonal)]
    [InlineData(CurvatureStructure.Foof)]
    public void A_fit_takes_some_points_at_a_time(CurvatureStructure structure)
    {
        using var scope = NewDisposeScope();
        var (model, input, target) = Problem();
        LaplacePosterior Fit(long budget) =>
            LaplacePosterior.Fit(
                model,
                Loss.CrossEntropy,
                [(input, target)],
                new() { Structure = structure, MemoryBudget = budget }
            );
        using var whole = Fit(LaplaceOptions.DefaultMemoryBudget);
        model.Seen.Clear();
        using var parts = Fit(Budget);
        // Outputs, and the gradient at the labels with one column a point, are of all points at once.
        Assert.Equal([12, 12, 12, 4], model.Seen.Where(seen => seen < Points));
        Assert.Equal(whole.Summary.Points, parts.Summary.Points);
        Assert.Equal(1, parts.LogDetPrecision / whole.LogDetPrecision, 1e-12);
        Assert.Equal(1, parts.LogEvidence / whole.LogEvidence, 1e-12);
    }

    [Fact]
    public void Predictions_and_tuning_take_some_points_at_a_time()
    {
        using var scope = NewDisposeScope();
        var (model, input, target) = Problem();
        using var posterior = LaplacePosterior.Fit(model, Loss.CrossEntropy, [(input, target)]);
        var small = new PredictionOptions { MemoryBudget = Budget, Samples = 5 };
        var whole = posterior.Predict(input, small with { MemoryBudget = LaplaceOptions.DefaultMemoryBudget });
        model.Seen.Clear();
        var finished = new List<int>();
        var parts = posterior.Predict([input], small, new Noted(finished));
        Assert.Equal([1], finished);
        foreach (
            var (expected, found) in new[]
            {
                (whole.Output, parts.Output),
                (whole.Variance, parts.Variance),
                (whole.Probabilities!, parts.Probabilities!),
                (whole.ProbabilityVariance!, parts.ProbabilityVariance!),
            }
        )
            Assert.InRange((expected - found).abs().max().ToDouble(), 0, 1e-10);
        posterior.TuneByValidation([(input, target)], small);
        Assert.True(model.Seen.Max() < Points, $"{model.Seen.Max()} points at once");
        var chosen = posterior.PriorPrecision[0];
        posterior.TuneByValidation([(input, target)], small with { MemoryBudget = LaplaceOptions.DefaultMemoryBudget });
        Assert.Equal(1, posterior.PriorPrecision[0] / chosen, 1e-4);
    }

    [Fact]
    public void A_task_takes_some_points_at_a_time()
    {
        using var scope = NewDisposeScope();
        var (model, input, target) = Problem();
        double Penalty(long budget)
        {
            var (own, x, y) = Problem();
            using var learner = new ElasticWeightConsolidation(
                own,
                Loss.CrossEntropy,
                new() { MemoryBudget = budget, FisherType = FisherType.Ggn }
            );
            own.Seen.Clear();
            learner.Consolidate([(x, y)]);
            Assert.Equal(budget > Budget, own.Seen.Min() == Points);
            using var unrecorded = no_grad();
            foreach (var parameter in own.parameters())
                parameter.add_(0.1);
            return learner.Penalty().ToDouble();
        }
        Assert.Equal(1, Penalty(Budget) / Penalty(LaplaceOptions.DefaultMemoryBudget), 1e-12);
    }

    private sealed class Noted(List<int> values) : IProgress<int>
    {
        public void Report(int value) => values.Add(value);
    }
}
