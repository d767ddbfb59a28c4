using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>Numbers beyond a type's range are an error that names where, never NaN or infinity as a result.</summary>
public sealed class ExtremeNumberTests : IDisposable
{
    private readonly TorchSharp.DisposeScope scope = NewDisposeScope();

    private static nn.Module<Tensor, Tensor> Linear(long outputs, ScalarType type = ScalarType.Float32) =>
        nn.Sequential(("fc", nn.Linear(2, outputs, dtype: type)));

    private static LaplacePosterior Fit(
        nn.Module<Tensor, Tensor> model,
        Loss loss,
        Tensor input,
        Tensor target,
        CurvatureStructure structure = CurvatureStructure.Diagonal
    ) => LaplacePosterior.Fit(model, loss, [(input, target)], new() { Structure = structure });

    [Fact]
    public void Inputs_whose_squares_overflow_are_refused_by_fits()
    {
        foreach (var structure in new[] { CurvatureStructure.Diagonal, CurvatureStructure.Kronecker })
            Failure("", () => Fit(Linear(3), Loss.CrossEntropy, full(4, 2, 1e25f), zeros(4, int64), structure));
        Failure("the loss", () => Fit(Linear(1), Loss.SquaredError, ones(4, 2), full(4, 1, 1e25f)));
    }

    [Fact]
    public void Predictions_are_finite_or_fail()
    {
        const ScalarType Type = ScalarType.Float64;
        using var posterior = Fit(Linear(3, Type), Loss.CrossEntropy, randn(6, 2, dtype: Type), randint(0, 3, 6));
        var far = full(2, 2, 1e200, dtype: Type);
        foreach (var link in new LinkApproximation?[] { null, LinkApproximation.MonteCarlo })
            Failure("covariance", () => posterior.Predict(far, new() { Link = link }));
        Failure("covariance", () => posterior.PredictJointly(far));
        var error = Assert.ThrowsAny<ArgumentException>(() => posterior.SetPriorPrecision(double.Epsilon));
        Assert.Contains("must have a finite inverse", error.Message, StringComparison.Ordinal);
        // Inputs of zero determine no weight, whose variance is then the prior's.
        using var vague = Fit(Linear(3, Type), Loss.CrossEntropy, zeros(6, 2, dtype: Type), randint(0, 3, 6));
        vague.SetPriorPrecision(1e-300);
        Failure("covariance", () => vague.Predict(full(1, 2, 1e10, dtype: Type)));
    }

    [Theory]
    [InlineData(CurvatureStructure.LowRank)]
    [InlineData(CurvatureStructure.Dense)]
    [InlineData(CurvatureStructure.Kronecker)]
    [InlineData(CurvatureStructure.Foof)]
    [InlineData(CurvatureStructure.Diagonal)]
    public void Precisions_without_an_inverse_in_the_weights_type_are_refused(CurvatureStructure structure)
    {
        using var posterior = Fit(Linear(3), Loss.CrossEntropy, randn(6, 2), randint(0, 3, 6), structure);
        foreach (var precision in new[] { 1e-40, 1e38 })
        {
            Action[] uses =
            [
                () => posterior.SetPriorPrecision(precision),
                () =>
                    LaplacePosterior.Fit(Linear(3), Loss.CrossEntropy, Unread(), new() { PriorPrecision = precision }),
            ];
            foreach (var use in uses)
                Assert.Contains(
                    "rior precision must lie from 1E-37 to 1E+37, so that Float32 holds it and its inverse",
                    Assert.ThrowsAny<ArgumentException>(use).Message,
                    StringComparison.Ordinal
                );
        }
        Assert.Equal([1], posterior.PriorPrecision);
        foreach (var precision in new[] { 1e-37, 1e37 })
        {
            posterior.SetPriorPrecision(precision);
            Assert.True(double.IsFinite(posterior.CovarianceTrace));
            Assert.All(posterior.Variances(), variance => Assert.True(variance.isfinite().all().ToBoolean()));
        }

        static IEnumerable<(Tensor, Tensor?)> Unread() =>
            Enumerable
                .Range(0, 1)
                .Select<int, (Tensor, Tensor?)>(_ => throw new InvalidOperationException("The data were read."));
    }

    [Fact]
    public void Targets_that_are_no_numbers_have_no_likelihood()
    {
        using var posterior = Fit(Linear(1), Loss.SquaredError, randn(6, 2), randn(6, 1));
        using var prediction = posterior.Predict(randn(2, 2));
        var error = Assert.Throws<ArgumentException>(() =>
            posterior.NegativeLogLikelihood(prediction, full(2, 1, double.NaN))
        );
        Assert.Contains("finite numbers; 2 of 2 are not", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_class_is_certain_by_the_bridge()
    {
        using var posterior = Fit(Linear(1), Loss.CrossEntropy, randn(6, 2), zeros(6, int64));
        using var prediction = posterior.Predict(randn(2, 2), new() { Link = LinkApproximation.LaplaceBridge });
        Assert.Equal(2, prediction.Probabilities!.sum().ToDouble());
    }

    [Fact]
    public void An_evidence_beyond_the_largest_number_names_the_weights()
    {
        var model = Linear(1, ScalarType.Float64);
        using (no_grad())
            model.parameters().First().fill_(1e200);
        var (input, target) = (zeros(4, 2, dtype: ScalarType.Float64), zeros(4, 1, dtype: ScalarType.Float64));
        using var posterior = Fit(model, Loss.SquaredError, input, target);
        foreach (
            var evidence in new Action[]
            {
                () => _ = posterior.LogEvidence,
                () => _ = posterior.Divergence,
                () => posterior.EvidenceCurve(1),
                () => posterior.TuneByEvidence(),
            }
        )
            Failure("the weights", evidence);
        Failure("the gradient", () => posterior.StationarityGap());
    }

    private static void Failure(string where, Action call)
    {
        var error = Assert.Throws<NumericalFailure>(call);
        Assert.Contains(where, error.Subject, StringComparison.Ordinal);
    }

    public void Dispose() => scope.Dispose();
}
