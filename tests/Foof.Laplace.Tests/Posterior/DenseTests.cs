using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>The results of a posterior, compared with those of its explicit precision matrix.</summary>
public sealed class DenseTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly RegressionProblem problem = new();

    public void Dispose()
    {
        problem.Dispose();
        scope.Dispose();
    }

    public static TheoryData<CurvatureStructure> Structures =>
        [
            CurvatureStructure.LowRank,
            CurvatureStructure.Dense,
            CurvatureStructure.Kronecker,
            CurvatureStructure.Foof,
            CurvatureStructure.Diagonal,
        ];

    private LaplacePosterior Fit(CurvatureStructure structure)
    {
        var posterior = problem.Fit(new() { Structure = structure, PriorPrecision = 0.7 });
        posterior.SetPriorMean([.. posterior.Core.Mean.Select(matrix => matrix * 0.4)]);
        posterior.Temperature = 0.3;
        return posterior;
    }

    private static Tensor Data(LaplacePosterior posterior) =>
        CurvatureModule.dense(DataPrecisionModule.toCurvature(posterior.Core.Data));

    private static Tensor Flat(IEnumerable<Tensor> matrices) =>
        cat([.. matrices.Select(matrix => matrix.flatten())], 0);

    private static Tensor Precision(LaplacePosterior posterior) =>
        (Data(posterior) + eye(posterior.Parameters, dtype: ScalarType.Float64) * 0.7) / 0.3;

    private static void Near(double expected, double actual) =>
        Assert.Equal(expected, actual, 1e-9 * Math.Max(1, Math.Abs(expected)));

    private static void Near(Tensor expected, Tensor actual) =>
        Assert.InRange((expected - actual).norm().ToDouble(), 0, 1e-9 * expected.norm().ToDouble());

    [Theory]
    [MemberData(nameof(Structures))]
    public void Numbers_and_products_are_those_of_the_matrix(CurvatureStructure structure)
    {
        using var posterior = Fit(structure);
        var (precision, p) = (Precision(posterior), posterior.Parameters);
        var sigma = linalg.inv(precision);
        Near(sigma.trace().ToDouble(), posterior.CovarianceTrace);
        Near(linalg.slogdet(precision).Item2.ToDouble(), posterior.LogDetPrecision);
        Near(linalg.diagonal(sigma), Flat(posterior.Variances()));
        var apart = Flat(posterior.Core.Mean) * 0.6;
        var divergence =
            0.7 * posterior.CovarianceTrace
            - p
            + 0.7 * apart.square().sum().ToDouble()
            - p * Math.Log(0.7)
            + posterior.LogDetPrecision;
        Near(0.5 * divergence, posterior.Divergence);
        manual_seed(5);
        Tensor[] v = [.. posterior.Core.Mean.Select(matrix => randn_like(matrix))];
        Near(sigma.mv(Flat(v)), Flat(posterior.CovarianceProduct(v)));
        Tensor[] theta = [.. posterior.Core.Mean.Zip(v, (mean, step) => mean + step * 0.1)];
        var squared = (precision.mv(Flat(v) * 0.1) * Flat(v) * 0.1).sum().ToDouble();
        var density = 0.5 * (posterior.LogDetPrecision - p * Math.Log(2 * Math.PI) - squared);
        Near(density, posterior.LogDensity(theta));
    }

    [Theory]
    [MemberData(nameof(Structures))]
    public void Samples_are_the_same_whole_in_place_and_in_chunks(CurvatureStructure structure)
    {
        using var posterior = Fit(structure);
        var whole = posterior.Sample(5, new Generator(3));
        Tensor[] own = [.. whole.Select(matrix => zeros_like(matrix))];
        posterior.SampleInto(own, new Generator(3));
        Assert.All(whole.Zip(own), pair => Assert.True(pair.First.eq(pair.Second).all().item<bool>()));
        var place = 0;
        foreach (var chunk in posterior.Samples(5, new Generator(3)))
        {
            var count = chunk[0].shape[0];
            foreach (var (expected, found) in whole.Zip(chunk))
                Near(expected.narrow(0, place, count), found);
            place += (int)count;
        }
        Assert.Equal(5, place);
    }

    [Fact]
    public void Vectors_of_other_shapes_and_types_are_refused()
    {
        using var posterior = Fit(CurvatureStructure.Kronecker);
        var mean = posterior.Core.Mean;
        foreach (
            var wrong in new Tensor[][]
            {
                [mean[0]],
                [mean[1], mean[0]],
                [.. mean.Select(matrix => matrix.to(ScalarType.Float32))],
                [null!, mean[1]],
            }
        )
        {
            Assert.ThrowsAny<ArgumentException>(() => posterior.CovarianceProduct(wrong));
            Assert.ThrowsAny<ArgumentException>(() => posterior.LogDensity(wrong));
        }
    }

    [Fact]
    public void The_prior_pulls_to_its_mean()
    {
        using var posterior = problem.Fit(new() { PriorPrecision = 0.7 });
        var mean = posterior.Core.Mean.Select(matrix => matrix * 0.4).ToArray();
        problem.Model.zero_grad();
        ((problem.Model.call(problem.Input) - problem.Target).square().sum() / 2).backward();
        var slope = Flat(WeightPenalty.gradients(LaplacePosterior.Covered(problem.Model, null)));
        foreach (var factor in new[] { 1.0, 0.6 })
        {
            var pull = Flat(posterior.Core.Mean) * (0.7 * factor);
            var expected = (slope + pull).norm() / (slope.norm() + pull.norm());
            Near(expected.ToDouble(), posterior.StationarityGap()!.Value);
            posterior.SetPriorMean(mean);
        }
    }

    [Fact]
    public void A_part_of_the_layers_has_the_diagonal_of_the_whole()
    {
        using var whole = problem.Fit(new() { Structure = CurvatureStructure.Diagonal });
        using var part = problem.Fit(
            new() { Structure = CurvatureStructure.Diagonal, Select = (name, _) => name == "fc1" }
        );
        Assert.Equal(["fc1"], part.Layers);
        Assert.False(part.Summary.IsLastLayer);
        Near(whole.Variances()[0], Assert.Single(part.Variances()));
        var before = problem.Model.call(problem.Input);
        part.Predict(problem.Input, new() { Type = PredictionType.SampledWeights, Samples = 3 }).Dispose();
        Assert.True(problem.Model.call(problem.Input).eq(before).all().item<bool>());
    }

    [Fact]
    public void Weights_that_are_not_finite_are_refused_by_name()
    {
        using (no_grad())
            problem.Model.get_parameter("fc2.bias")!.fill_(double.NaN);
        Assert.Contains(
            "fc2.bias",
            Assert.Throws<NumericalFailure>(() => problem.Fit()).Message,
            StringComparison.Ordinal
        );
    }
}
