using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>The observation noise of a regression, and the results of the fit with it.</summary>
public sealed class NoiseTests
{
    [Theory]
    [InlineData(CurvatureStructure.Kronecker, FisherType.Ggn)]
    [InlineData(CurvatureStructure.Dense, FisherType.Ggn)]
    [InlineData(CurvatureStructure.Foof, FisherType.Ggn)]
    [InlineData(CurvatureStructure.Kronecker, FisherType.Empirical)]
    [InlineData(CurvatureStructure.LowRank, FisherType.Empirical)]
    public void A_posterior_under_another_noise_is_the_one_that_was_fitted_with_it(
        CurvatureStructure structure,
        FisherType fisher
    )
    {
        using var scope = NewDisposeScope();
        using var problem = new RegressionProblem();
        using var tuned = problem.Fit(new() { Structure = structure, FisherType = fisher });
        tuned.TuneNoiseByEvidence();
        using var fresh = problem.Fit(
            new()
            {
                Structure = structure,
                FisherType = fisher,
                ObservationNoise = tuned.Summary.ObservationNoise!.Value,
                PriorPrecision = tuned.PriorPrecision[0],
            }
        );
        Assert.NotEqual(1.0, tuned.Summary.ObservationNoise);
        Assert.Equal(fresh.StationarityGap()!.Value, tuned.StationarityGap()!.Value, 1e-9);
        Assert.Equal(fresh.LogEvidence, tuned.LogEvidence, 1e-6);
        var path = Path.GetTempFileName();
        try
        {
            tuned.Save(path);
            using var again = LaplacePosterior.Load(problem.Model, path);
            Assert.Equal(tuned.StationarityGap(), again.StationarityGap());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_warning_of_tuning_is_given_once()
    {
        using var scope = NewDisposeScope();
        using var problem = new RegressionProblem();
        using var posterior = problem.Fit();
        posterior.TuneNoiseByEvidence();
        Assert.Single(posterior.Warnings);
    }

    [Fact]
    public void Labels_that_are_fitted_without_an_error_have_no_noise_and_nothing_changes()
    {
        using var scope = NewDisposeScope();
        using var problem = new RegressionProblem();
        var target = problem.Model.call(problem.Input).detach();
        using var posterior = LaplacePosterior.Fit(
            problem.Model,
            Loss.SquaredError,
            [(problem.Input, target)],
            new() { PriorPrecision = 3 }
        );
        var before = posterior.LogEvidence;
        foreach (
            var tune in new Action[]
            {
                posterior.TuneNoiseByEvidence,
                () => posterior.TuneNoiseByValidation([(problem.Input, target)]),
            }
        )
            Assert.Contains(
                "ObservationNoise",
                Assert.Throws<NumericalFailure>(tune).Message,
                StringComparison.Ordinal
            );
        Assert.Equal((3.0, 1.0), (posterior.PriorPrecision[0], posterior.Summary.ObservationNoise));
        Assert.Equal(before, posterior.LogEvidence);
        Assert.Empty(posterior.Warnings);
    }

    [Theory]
    [InlineData(CurvatureStructure.Kronecker)]
    [InlineData(CurvatureStructure.Dense)]
    public void Validation_chooses_the_noise_of_the_most_likely_labels(CurvatureStructure structure)
    {
        using var scope = NewDisposeScope();
        using var problem = new RegressionProblem();
        var (input, target) = RegressionProblem.Draw(200);
        LaplacePosterior Fit(double noise) =>
            problem.Fit(
                new()
                {
                    Structure = structure,
                    ObservationNoise = noise,
                    PriorPrecision = 2,
                }
            );
        double Loss(LaplacePosterior posterior)
        {
            using var found = posterior.Predict(input);
            return posterior.NegativeLogLikelihood(found, target);
        }
        using var posterior = Fit(1);
        posterior.Temperature = 0.5;
        posterior.TuneNoiseByValidation([
            (input.narrow(0, 0, 120), target.narrow(0, 0, 120)),
            (input.narrow(0, 120, 80), target.narrow(0, 120, 80)),
        ]);
        var sigma = posterior.Summary.ObservationNoise!.Value;
        Assert.Equal((2.0, 0.5), (posterior.PriorPrecision[0], posterior.Temperature));
        var least = Loss(posterior);
        foreach (var factor in new[] { 0.5, 0.9, 1.0, 1.1, 2.0 })
        {
            using var fresh = Fit(sigma * factor);
            fresh.Temperature = 0.5;
            if (factor == 1)
            {
                Assert.Equal(least, Loss(fresh), 1e-9);
                Assert.Equal(fresh.LogEvidence, posterior.LogEvidence, 1e-6);
                Assert.Equal(fresh.StationarityGap()!.Value, posterior.StationarityGap()!.Value, 1e-9);
            }
            else
                Assert.True(Loss(fresh) > least, $"{factor}: {Loss(fresh)} is not above {least}");
        }
    }

    [Fact]
    public void A_choice_of_noise_that_fails_leaves_everything_as_it_was()
    {
        using var problem = new RegressionProblem();
        using var posterior = problem.Fit();
        var before = posterior.LogEvidence;
        void Fails()
        {
            using var scope = NewDisposeScope();
            using var source = new CancellationTokenSource();
            Assert.ThrowsAny<OperationCanceledException>(() =>
                posterior.TuneNoiseByValidation(
                    [(problem.Input, problem.Target)],
                    progress: new Stop(source),
                    cancellation: source.Token
                )
            );
            Assert.ThrowsAny<ArgumentException>(() => posterior.TuneNoiseByValidation([]));
        }
        Fails();
        var live = LiveTensors.Settled();
        Fails();
        Assert.Equal(live, Tensor.TotalCount);
        Assert.Equal((before, 1.0), (posterior.LogEvidence, posterior.Summary.ObservationNoise));
    }

    [Fact]
    public void Other_likelihoods_have_no_noise()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = problem.Fit();
        Assert.Throws<InvalidOperationException>(posterior.TuneNoiseByEvidence);
        Assert.Throws<InvalidOperationException>(() =>
            posterior.TuneNoiseByValidation([(problem.Input, problem.Target)])
        );
    }

    private sealed class Stop(CancellationTokenSource source) : IProgress<int>
    {
        public void Report(int value)
        {
            if (value == 3)
                source.Cancel();
        }
    }
}
