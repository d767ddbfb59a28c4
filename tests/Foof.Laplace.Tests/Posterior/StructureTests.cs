using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>
/// Which structures a class has, how each parameter is treated, and the descriptions in one line.
/// </summary>
public sealed class StructureTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly SmallProblem problem = new();

    public void Dispose()
    {
        problem.Dispose();
        scope.Dispose();
    }

    [Theory]
    [InlineData(CurvatureStructure.LowRankBlocks)]
    [InlineData(CurvatureStructure.DenseBlocks)]
    [InlineData(CurvatureStructure.Eigenbasis)]
    public void Other_structures_are_refused_with_a_list_of_the_available_ones(CurvatureStructure structure)
    {
        var fit = Assert.Throws<ArgumentException>(() => problem.Fit(new() { Structure = structure }));
        Assert.StartsWith(
            "Structure must be one of LowRank, Dense, Kronecker, Foof, Diagonal for LaplacePosterior; got "
                + $"{structure}.",
            fit.Message,
            StringComparison.Ordinal
        );
        var tasks = Assert.Throws<ArgumentException>(() =>
            new ElasticWeightConsolidation(problem.Model, Loss.CrossEntropy, new() { Structure = structure })
        );
        Assert.StartsWith(
            "Structure must be one of Kronecker, Diagonal, LowRank for ElasticWeightConsolidation; got "
                + $"{structure}.",
            tasks.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Matrices_that_do_not_fit_the_budget_are_refused_before_the_first_batch()
    {
        var batches = Enumerable.Range(0, 1).Select<int, (Tensor, Tensor?)>(_ => throw new NotSupportedException());
        var error = Assert.Throws<ArgumentException>(() =>
            LaplacePosterior.Fit(
                problem.Model,
                Loss.CrossEntropy,
                batches,
                new() { Structure = CurvatureStructure.Dense, MemoryBudget = 3 * 8 * 39 * 39 - 1 }
            )
        );
        Assert.Contains("39 weights take 36,504: use LowRank or Kronecker", error.Message, StringComparison.Ordinal);
        using var fits = problem.Fit(new() { Structure = CurvatureStructure.Dense, MemoryBudget = 3 * 8 * 39 * 39 });
        Assert.Equal(39, fits.Columns);
        Assert.Equal(
            [CurvatureStructure.Dense, CurvatureStructure.LowRank, CurvatureStructure.Dense],
            new LaplaceOptions[]
            {
                new(),
                new() { MemoryBudget = 3 * 8 * 39 * 39 - 1 },
                new() { MemoryBudget = 3 * 8 * 39 * 39 - 1, LastLayer = true },
            }.Select(options => options.ExactStructure(problem.Model))
        );
    }

    [Fact]
    public void Impossible_links_are_refused_with_the_reason()
    {
        using var posterior = problem.Fit();
        var error = Assert.Throws<ArgumentException>(() =>
            posterior.Predict(
                problem.Input,
                new() { Type = PredictionType.SampledWeights, Link = LinkApproximation.Probit }
            )
        );
        Assert.Contains("MonteCarlo or left out for SampledWeights", error.Message, StringComparison.Ordinal);
        using var regression = new RegressionProblem();
        using var normal = regression.Fit();
        var noClasses = Assert.Throws<ArgumentException>(() =>
            normal.Predict(regression.Input, new() { Link = LinkApproximation.LaplaceBridge })
        );
        Assert.Contains("no class probabilities", noClasses.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Coverage_shows_how_each_parameter_is_treated()
    {
        using var all = problem.Fit();
        Assert.All(all.Coverage, line => Assert.True(line.Treatment.IsPreconditioned));
        Assert.Equal(problem.Model.named_parameters().Select(named => named.name), all.Coverage.Select(Name));
        using var last = problem.Fit(new() { LastLayer = true });
        Assert.Equal(
            last.Layers[0],
            Assert.Single(last.Coverage.Where(IsCovered).Select(line => line.Detail).Distinct())
        );
        Assert.Equal(2, last.Coverage.Count(line => line.Detail == "it was not selected"));

        static string Name(Coverage line) => line.Parameter;

        static bool IsCovered(Coverage line) => line.Treatment.IsPreconditioned;
    }

    [Fact]
    public void Posteriors_and_predictions_say_what_they_are_on_one_line()
    {
        using var posterior = problem.Fit();
        posterior.SetPriorPrecision(1, 2.5);
        posterior.Temperature = 0.5;
        Assert.Equal(
            "Kronecker posterior over 39 weights in 2 layers, of 60 data points, prior precision 1 to 2.5, "
                + "temperature 0.5",
            posterior.ToString()
        );
        Assert.Equal(
            "Kronecker eigenbasis for 18 weights, Kronecker eigenbasis for 21 weights",
            posterior.Core.Data.ToString()
        );
        Assert.EndsWith(
            "for 21 weights; prior precision 1, 2.5, temperature 0.5",
            posterior.Core.ToString(),
            StringComparison.Ordinal
        );
        using var tasks = new ElasticWeightConsolidation(problem.Model, Loss.CrossEntropy);
        Assert.Equal("ElasticWeightConsolidation of 0 tasks, strength 1, 0 bytes", tasks.ToString());
        using var prediction = posterior.Predict(problem.Input);
        Assert.Equal("prediction of 60 data points: output [60; 3], probabilities [60; 3]", prediction.ToString());
        prediction.Dispose();
        posterior.Dispose();
        Assert.Equal(
            ("Kronecker posterior, disposed", "prediction, disposed"),
            (posterior.ToString(), prediction.ToString())
        );
    }
}
