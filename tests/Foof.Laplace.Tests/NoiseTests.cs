using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>The observation noise of a regression, and what is known of the fit under it.</summary>
public sealed class NoiseTests
{
    [Theory]
    [InlineData(LaplaceStructure.Kronecker)]
    [InlineData(LaplaceStructure.Full)]
    public void A_posterior_under_another_noise_is_the_one_that_was_fitted_with_it(LaplaceStructure structure)
    {
        using var scope = NewDisposeScope();
        using var problem = new RegressionProblem();
        using var tuned = problem.Fit(new() { Structure = structure });
        tuned.TuneNoiseByEvidence();
        using var fresh = problem.Fit(
            new()
            {
                Structure = structure,
                ObservationNoise = tuned.Facts.ObservationNoise!.Value,
                PriorPrecision = tuned.PriorPrecision[0],
            }
        );
        Assert.NotEqual(1.0, tuned.Facts.ObservationNoise);
        Assert.Equal(fresh.Unrest()!.Value, tuned.Unrest()!.Value, 1e-9);
        Assert.Equal(fresh.LogEvidence, tuned.LogEvidence, 1e-6);
        var path = Path.GetTempFileName();
        try
        {
            tuned.Save(path);
            using var again = LaplacePosterior.Load(problem.Model, path);
            Assert.Equal(tuned.Unrest(), again.Unrest());
        }
        finally
        {
            File.Delete(path);
        }
    }
}
