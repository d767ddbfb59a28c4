using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

public sealed class LaplacePosteriorTests
{
    public static TheoryData<CurvatureStructure, bool> Structures =>
        new()
        {
            { CurvatureStructure.Dense, false },
            { CurvatureStructure.Dense, true },
            { CurvatureStructure.LowRank, false },
            { CurvatureStructure.Kronecker, false },
            { CurvatureStructure.Kronecker, true },
            { CurvatureStructure.Foof, false },
            { CurvatureStructure.Diagonal, false },
            { CurvatureStructure.Diagonal, true },
        };

    private static LaplaceOptions Options(CurvatureStructure structure, bool lastLayer) =>
        new() { Structure = structure, LastLayer = lastLayer };

    [Theory]
    [MemberData(nameof(Structures))]
    public void Every_structure_is_fitted_tuned_and_predicts(CurvatureStructure structure, bool lastLayer)
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = problem.Fit(Options(structure, lastLayer));
        Assert.Equal(lastLayer ? 21 : 39, posterior.Parameters);
        Assert.Equal(60, posterior.Summary.DataPoints);
        posterior.TuneByEvidence();
        var gamma = posterior.EffectiveParameters;
        Assert.InRange(gamma, 0, posterior.Columns);
        Assert.Equal(gamma, posterior.PriorPrecision[0] * Distance(posterior), 1e-3 * gamma);
        foreach (
            var options in new PredictionOptions[]
            {
                new(),
                new() { Link = LinkApproximation.LaplaceBridge },
                new() { Link = LinkApproximation.MonteCarlo, Samples = 30 },
                new() { Type = PredictionType.SampledWeights, Samples = 30 },
            }
        )
        {
            using var found = posterior.Predict(problem.Input, options);
            Assert.True(Calibration.Accuracy(found.Probabilities!, problem.Target) > 0.6);
            Assert.True(found.Variance.gt(0).all().item<bool>());
        }
    }

    private static double Distance(LaplacePosterior posterior) => PosteriorModule.distance(posterior.Core);

    [Theory]
    [MemberData(nameof(Structures))]
    public void A_file_gives_the_posterior_back_to_the_same_bits(CurvatureStructure structure, bool lastLayer)
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        var options = Options(structure, lastLayer);
        using var posterior = problem.Fit(options);
        posterior.Tune();
        var path = Path.GetTempFileName();
        try
        {
            posterior.Save(path);
            using var again = LaplacePosterior.Load(problem.Model, path, options);
            Assert.Equal(posterior.LogEvidence, again.LogEvidence);
            Assert.Equal(posterior.StationarityGap(), again.StationarityGap());
            var (first, second) = (posterior.Sample(2, new Generator(1)), again.Sample(2, new Generator(1)));
            foreach (var (x, y) in first.Zip(second))
                Assert.True(x.eq(y).all().item<bool>());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_file_of_another_network_or_a_damaged_one_is_refused()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var other = new SmallProblem(trained: false);
        using var posterior = problem.Fit();
        var path = Path.GetTempFileName();
        try
        {
            posterior.Save(path);
            var foreign = Assert.ThrowsAny<ArgumentException>(() => LaplacePosterior.Load(other.Model, path));
            Assert.Contains("the weights of 'fc1' differ", foreign.Message, StringComparison.Ordinal);
            Assert.ThrowsAny<ArgumentException>(() =>
                LaplacePosterior.Load(problem.Model, path, new() { LastLayer = true })
            );
            var bytes = File.ReadAllBytes(path);
            bytes[^5] ^= 1;
            File.WriteAllBytes(path, bytes);
            Assert.Throws<InvalidDataException>(() => LaplacePosterior.Load(problem.Model, path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Validation_chooses_a_better_precision_than_a_bad_one()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = problem.Fit(new() { PriorPrecision = 1e-3 });
        var (input, target) = SmallProblem.Draw(90);
        double Loss()
        {
            using var found = posterior.Predict(input);
            return posterior.NegativeLogLikelihood(found, target);
        }
        var before = Loss();
        posterior.TuneByValidation([(input, target)]);
        var after = Loss();
        Assert.True(after < before, $"{after} is not below {before}");
        posterior.TuneTemperatureByValidation([(input, target)]);
        Assert.True(Loss() <= after + 1e-9);
    }

    [Fact]
    public void Predictions_leave_the_network_as_it_was()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = problem.Fit();
        var before = problem.Model.call(problem.Input);
        using var found = posterior.Predict(
            [problem.Input],
            new()
            {
                Type = PredictionType.SampledWeights,
                Samples = 7,
                MemoryBudget = 1000,
            }
        );
        Assert.True(problem.Model.call(problem.Input).eq(before).all().item<bool>());
    }

    [Fact]
    public void Linearised_and_sampled_predictions_agree_for_a_sharp_posterior()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = problem.Fit(new() { PriorPrecision = 1e4 });
        using var linear = posterior.Predict(problem.Input);
        using var sampled = posterior.Predict(
            problem.Input,
            new() { Type = PredictionType.SampledWeights, Samples = 2000 }
        );
        var apart = (linear.Variance - sampled.Variance).abs().sum() / linear.Variance.sum();
        Assert.InRange(apart.ToDouble(), 0, 0.1);
    }

    [Fact]
    public void Bad_input_is_refused_in_a_sentence()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = problem.Fit();
        Refused("prior precision must be a positive number", () => posterior.SetPriorPrecision(0));
        Refused("must be at least 1; got 0", () => posterior.Sample(0));
        Refused("must be at least 1; got 0", () => posterior.Predict(problem.Input, new() { Samples = 0 }));
        Refused("must hold at least one batch", () => posterior.Predict(Array.Empty<Tensor>()));
        Refused("must hold at least one", () => LaplacePosterior.Fit(problem.Model, Loss.CrossEntropy, []));
        Refused("PriorPrecision must be", () => problem.Fit(new() { PriorPrecision = -1 }));
        Refused(
            "class",
            () => LaplacePosterior.Fit(problem.Model, Loss.CrossEntropy, [(problem.Input, problem.Target + 7)])
        );
        Assert.Throws<NumericalFailure>(() =>
            LaplacePosterior.Fit(problem.Model, Loss.CrossEntropy, [(problem.Input * float.NaN, problem.Target)])
        );
        using var normed = nn.Sequential(("fc", nn.Linear(2, 3)), ("norm", nn.BatchNorm1d(3)));
        Refused("evaluation mode", () => LaplacePosterior.Fit(normed, Loss.CrossEntropy, problem.Batches));
    }

    [Fact]
    public void A_network_that_is_not_at_a_stationary_point_gives_a_warning()
    {
        using var scope = NewDisposeScope();
        using var trained = new SmallProblem();
        using var untrained = new SmallProblem(trained: false);
        using var good = trained.Fit(new() { Structure = CurvatureStructure.Dense });
        using var bad = untrained.Fit(new() { Structure = CurvatureStructure.Dense });
        good.SetPriorPrecision(1);
        Assert.InRange(good.StationarityGap()!.Value, 0, 0.1);
        bad.TuneByEvidence();
        Assert.Contains(
            bad.Warnings,
            warning => warning.Contains("not at a stationary point", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_fit_can_be_stopped_and_leaves_nothing_behind()
    {
        using var problem = new SmallProblem();
        using (NewDisposeScope())
            problem.Fit().Dispose();
        var before = LiveTensors.Settled();
        using (NewDisposeScope())
        {
            using var posterior = problem.Fit();
            posterior.Tune();
            posterior.Predict(problem.Input).Dispose();
            posterior.Predict(problem.Input, new() { Type = PredictionType.SampledWeights, Samples = 3 }).Dispose();
            using var source = new CancellationTokenSource();
            source.Cancel();
            Assert.Throws<OperationCanceledException>(() =>
                LaplacePosterior.Fit(problem.Model, Loss.CrossEntropy, problem.Batches, cancellation: source.Token)
            );
        }
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void Noise_and_precision_of_a_linear_regression_are_those_of_the_largest_evidence()
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        using var model = nn.Linear(3, 1, hasBias: false, dtype: ScalarType.Float64);
        var input = randn(80, 3, dtype: ScalarType.Float64);
        var target =
            input.mm(tensor(new[] { 1.0, -2.0, 0.5 }).unsqueeze(1)) + randn(80, 1, dtype: ScalarType.Float64) * 0.3;
        using (no_grad())
            model.weight!.copy_(linalg.lstsq(input, target).Solution.t());
        using var posterior = LaplacePosterior.Fit(
            model,
            Loss.SquaredError,
            [(input, target)],
            new() { Structure = CurvatureStructure.Dense }
        );
        posterior.TuneNoiseByEvidence();
        var sigma = posterior.Summary.ObservationNoise!.Value;
        Assert.InRange(sigma, 0.24, 0.36);
        var residual = (model.call(input) - target).square().sum().ToDouble();
        Assert.Equal(residual / (80 - posterior.EffectiveParameters), sigma * sigma, 1e-6);
        var (output, covariance) = posterior.PredictJointly(input.narrow(0, 0, 4));
        Assert.Equal([4, 4], covariance.shape);
        Assert.True(linalg.diagonal(covariance).ge(sigma * sigma).all().item<bool>());
    }

    private static void Refused(string part, Action action)
    {
        var error = Assert.ThrowsAny<ArgumentException>(action);
        Assert.Contains(part, error.Message, StringComparison.OrdinalIgnoreCase);
    }
}
