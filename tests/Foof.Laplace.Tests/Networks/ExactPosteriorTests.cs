using static TorchSharp.torch;

namespace Foof.Laplace.Tests.Networks;

/// <summary>The posteriors of usual networks against dense matrices, made by one backward pass for each output.</summary>
public sealed class ExactPosteriorTests : IDisposable
{
    private const double Prior = 0.7;

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    public static TheoryData<string, CurvatureStructure, ScalarType> Cases
    {
        get
        {
            var cases = new TheoryData<string, CurvatureStructure, ScalarType>();
            foreach (var name in Zoo.Names)
            {
                cases.Add(name, CurvatureStructure.Dense, ScalarType.Float64);
                cases.Add(name, CurvatureStructure.Diagonal, ScalarType.Float64);
                cases.Add(name, CurvatureStructure.LowRank, ScalarType.Float64);
                cases.Add(name, CurvatureStructure.LowRank, ScalarType.Float32);
            }
            // The errors of numbers do not depend on the data, so that products are exact here.
            cases.Add("one linear layer", CurvatureStructure.Kronecker, ScalarType.Float64);
            cases.Add("one linear layer", CurvatureStructure.Foof, ScalarType.Float64);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Batches_of_different_sizes_give_the_explicit_posterior(
        string name,
        CurvatureStructure structure,
        ScalarType type
    )
    {
        var network = Zoo.Named(name, type);
        using var posterior = LaplacePosterior.Fit(
            network.Model,
            network.Loss,
            network.Batches,
            new() { Structure = structure, PriorPrecision = Prior }
        );
        var tolerance = type == ScalarType.Float64 ? 1e-9 : 1e-4;
        var oracle = new Explicit(network, posterior);
        var precision = oracle.Precision(Prior);
        if (structure == CurvatureStructure.Diagonal)
            precision = linalg.diagonal(precision).diag();
        var covariance = linalg.inv(precision);
        var (_, logDet) = linalg.slogdet(precision);
        Near(logDet.ToDouble(), posterior.LogDetPrecision, tolerance);
        Near(linalg.diagonal(covariance).sum().ToDouble(), posterior.CovarianceTrace, tolerance);
        var gamma = oracle.Data.shape[0] - Prior * linalg.diagonal(covariance).sum().ToDouble();
        Near(gamma, posterior.EffectiveParameters, tolerance);
        var evidence =
            oracle.LogLikelihood()
            - 0.5 * Prior * oracle.SquaredNorm
            + 0.5 * oracle.Data.shape[0] * Math.Log(Prior)
            - 0.5 * logDet.ToDouble();
        Near(evidence, posterior.LogEvidence, tolerance);
        var joint = oracle.Jacobian.mm(covariance).mm(oracle.Jacobian.t());
        Agree(joint, posterior.PredictJointly(network.Input, withNoise: false).Covariance, tolerance);
        if (network.Target.dim() > 1 && network.Loss == Loss.CrossEntropy)
            return;
        using var prediction = posterior.Predict(network.Batches.Select(batch => batch.Input));
        Agree(linalg.diagonal(joint), prediction.Variance.flatten(), tolerance);
    }

    private static void Near(double expected, double found, double tolerance) =>
        Assert.InRange(
            found,
            expected - tolerance * (1 + Math.Abs(expected)),
            expected + tolerance * (1 + Math.Abs(expected))
        );

    private static void Agree(Tensor expected, Tensor found, double tolerance)
    {
        Assert.Equal(expected.shape, found.shape);
        Near(0, (expected - found).norm().ToDouble() / expected.norm().ToDouble(), tolerance);
    }
}
