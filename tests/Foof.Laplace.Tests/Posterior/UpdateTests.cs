using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>A posterior after further data.</summary>
public sealed class UpdateTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly RegressionProblem problem = new();

    public void Dispose()
    {
        problem.Dispose();
        scope.Dispose();
    }

    private (Tensor, Tensor?) Batch(long start, long count) =>
        (problem.Input.narrow(0, start, count), problem.Target.narrow(0, start, count));

    // Low rank has a budget that the columns of a few points fit.
    private static LaplaceOptions Options(CurvatureStructure structure) =>
        new()
        {
            Structure = structure,
            PriorPrecision = 0.7,
            MemoryBudget = structure == CurvatureStructure.LowRank ? 6_500 : LaplaceOptions.DefaultMemoryBudget,
        };

    private LaplacePosterior Fit(LaplaceOptions options, params (Tensor, Tensor?)[] batches) =>
        LaplacePosterior.Fit(problem.Model, Loss.SquaredError, batches, options);

    private static void Same(LaplacePosterior expected, LaplacePosterior found)
    {
        Assert.Equal(expected.LogDetPrecision, found.LogDetPrecision, 1e-8);
        foreach (var (x, y) in expected.Variances().Zip(found.Variances()))
            Assert.True(x.allclose(y, rtol: 1e-8));
    }

    [Theory]
    [InlineData(CurvatureStructure.Dense)]
    [InlineData(CurvatureStructure.LowRank)]
    [InlineData(CurvatureStructure.Diagonal)]
    public void Two_halves_are_the_whole(CurvatureStructure structure)
    {
        var options = Options(structure);
        using var whole = Fit(options, Batch(0, 9), Batch(9, 3));
        using var posterior = Fit(options, Batch(0, 9));
        Assert.Equal(structure == CurvatureStructure.LowRank, posterior.Core.Data.Parts[0].IsLowRank);
        posterior.Temperature = whole.Temperature = 0.5;
        posterior.Update([Batch(9, 3)]);
        Same(whole, posterior);
        Assert.Equal(
            (12, 12, 0.0),
            (posterior.Summary.Points, posterior.Summary.DataPoints, posterior.DiscardedTraceFraction)
        );
        Assert.Null(posterior.StationarityGap());
        Assert.Throws<InvalidOperationException>(() => posterior.LogEvidence);
        using var prediction = posterior.Predict(problem.Input);
        using var expected = whole.Predict(problem.Input);
        Assert.True(expected.Variance.allclose(prediction.Variance, rtol: 1e-8));
    }

    [Theory]
    [InlineData(CurvatureStructure.Kronecker)]
    [InlineData(CurvatureStructure.Foof)]
    public void Merged_products_have_the_trace_of_the_sum(CurvatureStructure structure)
    {
        var options = Options(structure);
        using var first = Fit(options, Batch(0, 9));
        using var second = Fit(options, Batch(9, 3));
        double Trace(LaplacePosterior posterior) =>
            CurvatureModule.dense(DataPrecisionModule.toCurvature(posterior.Core.Data)).trace().ToDouble();
        var expected = Trace(first) + 4 * Trace(second);
        first.Update([Batch(9, 3)], dataPoints: 12);
        Assert.Equal(expected, Trace(first), 1e-9 * expected);
        Assert.Equal((12, 21), (first.Summary.Points, first.Summary.DataPoints));
        Assert.False(first.Summary.IsWhole);
    }

    [Fact]
    public void It_is_around_the_current_weights()
    {
        using var posterior = Fit(Options(CurvatureStructure.Dense), Batch(0, 9));
        using (no_grad())
            problem.Model.get_parameter("fc2.bias")!.add_(0.5);
        posterior.Update([Batch(9, 3)]);
        Assert.Equal(problem.Model.get_parameter("fc2.bias")!.ToDouble(), posterior.Core.Mean[1][0, 4].ToDouble());
        var path = Path.GetTempFileName();
        try
        {
            posterior.Save(path);
            using var again = LaplacePosterior.Load(problem.Model, path);
            Same(posterior, again);
            Assert.Null(again.StationarityGap());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Columns_are_bounded_and_what_is_left_out_is_reported()
    {
        var options = Options(CurvatureStructure.LowRank);
        using var posterior = Fit(options, Batch(0, 9));
        posterior.Update([Batch(9, 3)], columns: 4);
        Assert.Equal(4, posterior.Columns);
        Assert.InRange(posterior.DiscardedTraceFraction, 1e-6, 0.9);
        using var whole = Fit(options, Batch(0, 9), Batch(9, 3));
        var kappa = PosteriorModule.spectrum(whole.Core).Kappa.sort(descending: true).Values;
        var left = (kappa.narrow(0, 4, kappa.shape[0] - 4).sum() / kappa.sum()).ToDouble();
        Assert.Equal(left, posterior.DiscardedTraceFraction, 1e-9);
    }

    [Fact]
    public void Data_that_cannot_be_added_change_nothing()
    {
        var options = Options(CurvatureStructure.LowRank);
        using var posterior = Fit(options, Batch(0, 12));
        var before = posterior.LogEvidence;
        (string Part, Action Update)[] mistakes =
        [
            ("columns", () => posterior.Update([Batch(0, 3)], columns: 0)),
            ("dataPoints", () => posterior.Update([Batch(0, 3)], dataPoints: 0)),
            ("at least one; got none", () => posterior.Update([])),
            ("batch 1 must have an input", () => posterior.Update([(null!, null)])),
            ("memory budget of 6,500 bytes", () => posterior.Update([Batch(0, 12)])),
        ];
        foreach (var (part, update) in mistakes)
            Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(update).Message, StringComparison.Ordinal);
        Assert.Throws<NumericalFailure>(() => posterior.Update([(problem.Input * double.NaN, null)]));
        Assert.ThrowsAny<OperationCanceledException>(() =>
            posterior.Update([Batch(0, 3)], cancellation: new CancellationToken(true))
        );
        Assert.Equal(before, posterior.LogEvidence);
        Assert.Equal(12, posterior.Summary.Points);
    }

    [Fact]
    public void Nothing_is_left_behind()
    {
        using var posterior = Fit(Options(CurvatureStructure.Dense), Batch(0, 9));
        void Again()
        {
            using var own = NewDisposeScope();
            posterior.Update([Batch(9, 3)]);
        }
        Again();
        var live = LiveTensors.Settled();
        Again();
        Assert.Equal(live, Tensor.TotalCount);
    }

    [Fact]
    public void A_dense_posterior_with_a_precision_for_each_layer_takes_further_data()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        var options = new LaplaceOptions { Structure = CurvatureStructure.Dense };
        using var posterior = problem.Fit(options);
        using var whole = LaplacePosterior.Fit(
            problem.Model,
            Loss.CrossEntropy,
            problem.Batches.Concat(problem.Batches),
            options
        );
        posterior.SetPriorPrecision(1, 2);
        posterior.Update([.. problem.Batches]);
        whole.SetPriorPrecision(1, 2);
        Assert.Equal(whole.LogDetPrecision, posterior.LogDetPrecision, 1e-2);
    }

    [Fact]
    public void The_summary_says_what_an_update_left_out_and_sampled()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = problem.Fit(new() { Structure = CurvatureStructure.LowRank });
        Assert.True(posterior.Summary.IsWhole);
        posterior.Update([.. problem.Batches], columns: 3);
        Assert.True(posterior.DiscardedTraceFraction > 0);
        Assert.False(posterior.Summary.IsWhole);
        using var sampled = problem.Fit(new() { FisherType = FisherType.MonteCarlo, SampledLabels = 3 });
        sampled.Update([.. problem.Batches]);
        Assert.Equal(3, sampled.Summary.SampledLabels);
    }

    [Fact]
    public void Precisions_are_a_copy()
    {
        using var problem = new SmallProblem();
        using var posterior = problem.Fit();
        double[] precision = [1, 2];
        posterior.SetPriorPrecision(precision);
        precision[0] = -5;
        Assert.Equal([1, 2], posterior.PriorPrecision);
    }
}
