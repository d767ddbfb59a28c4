using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>Networks with classes at positions, [n; C; positions], are scored and tuned as others are.</summary>
public sealed class TokenTests : IDisposable
{
    private const double Rounding = 1e-12;

    private readonly DisposeScope scope = NewDisposeScope();
    private readonly Networks.Zoo network = Networks.Zoo.Named("tokens, some ignored", ScalarType.Float64);
    private readonly LaplacePosterior posterior;

    public TokenTests() => posterior = LaplacePosterior.Fit(network.Model, network.Loss, network.Batches);

    public void Dispose()
    {
        posterior.Dispose();
        scope.Dispose();
    }

    private (long Point, long Position)[] Counted =>
        [
            .. from i in Enumerable.Range(0, 6)
            from r in Enumerable.Range(0, 3)
            where network.Target[i, r].ToInt64() != -100
            select ((long)i, (long)r),
        ];

    [Fact]
    public void Linearised_probabilities_at_a_position_are_those_of_its_outputs()
    {
        var (output, joint) = posterior.PredictJointly(network.Input, withNoise: false);
        var blocks = joint.view(6, 5, 3, 6, 5, 3);
        foreach (var link in Enum.GetValues<LinkApproximation>())
        {
            var found = posterior.Predict(network.Input, new() { Link = link, Samples = 20_000 });
            Assert.Equal([6, 5, 3], found.Probabilities!.shape);
            Assert.Equal([6, 3], found.ProbabilityVariance!.shape);
            for (long i = 0; i < 6; i++)
            for (long r = 0; r < 3; r++)
            {
                var (f, V) = (output[i, .., r].unsqueeze(0), blocks[i, .., r, i, .., r].unsqueeze(0));
                var expected = link switch
                {
                    LinkApproximation.Probit => Predictive.probit(f, V),
                    LinkApproximation.LaplaceBridge => Predictive.bridge(f, V),
                    _ => Predictive.sampled(20_000, new Generator(3), f, V),
                };
                var tolerance = link == LinkApproximation.MonteCarlo ? 0.02 : Rounding;
                Assert.InRange((expected[0] - found.Probabilities![i, .., r]).abs().max().ToDouble(), 0, tolerance);
            }
        }
    }

    [Fact]
    public void Scores_are_means_over_the_labels_that_count()
    {
        var p = posterior.Predict(network.Input).Probabilities!;
        var rows = stack([.. Counted.Select(place => p[place.Point, .., place.Position])], 0);
        var labels = stack([.. Counted.Select(place => network.Target[place.Point, place.Position])], 0);
        foreach (
            var score in new Func<Tensor, Tensor, double>[]
            {
                Calibration.NegativeLogLikelihood,
                Calibration.Accuracy,
                Calibration.Brier,
                (p, y) => Calibration.CalibrationError(p, y),
                (p, y) => Calibration.Reliability(p, y).Sum(bin => bin.Count),
            }
        )
            Assert.Equal(score(rows, labels), score(p, network.Target), Rounding);
        Assert.Equal([6, 3], Calibration.Entropy(p).shape);
        Assert.Equal(
            Calibration.Entropy(p[.., .., 1]).sum().ToDouble(),
            Calibration.Entropy(p)[.., 1].sum().ToDouble()
        );
        Assert.Equal([6, 3], Calibration.OneMinusConfidence(p).shape);
        // Two labels of each counted data point on average: five points of six have one that counts.
        Assert.Equal(
            Calibration.NegativeLogLikelihood(rows, labels) * Counted.Length / 5,
            posterior.NegativeLogLikelihood(posterior.Predict(network.Input), network.Target),
            Rounding
        );
        var error = Assert.Throws<ArgumentException>(() => Calibration.Brier(p, full_like(network.Target, -100)));
        Assert.Contains("at least one label that counts", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Temperature_scaling_takes_positions()
    {
        var (output, labels) = (network.Model.call(network.Input) * 3, network.Target);
        var rows = stack([.. Counted.Select(place => output[place.Point, .., place.Position])], 0);
        var counted = stack([.. Counted.Select(place => labels[place.Point, place.Position])], 0);
        // A search without derivatives finds half of the digits.
        var found = TemperatureScaling.Fit(output, labels);
        Assert.Equal(TemperatureScaling.Fit(rows, counted).Temperature, found.Temperature, 1e-5);
        Assert.Equal([6, 5, 3], found.Apply(output).shape);
    }

    [Fact]
    public void They_are_tuned_by_evidence_and_by_validation()
    {
        posterior.TuneByEvidence();
        var best = posterior.LogEvidence;
        foreach (var factor in new[] { 0.5, 2.0 })
            Assert.True(posterior.EvidenceCurve(posterior.PriorPrecision[0] * factor)[0].LogEvidence < best);
        foreach (var type in Enum.GetValues<PredictionType>())
        {
            var options = new PredictionOptions { Type = type, Samples = 10 };
            double Loss() =>
                posterior.NegativeLogLikelihood(
                    posterior.Predict(network.Batches.Select(batch => batch.Input), options),
                    network.Target
                );
            posterior.SetPriorPrecision(0.5);
            posterior.Temperature = 3;
            var before = Loss();
            posterior.TuneTemperatureByValidation(Validation, options);
            var cooled = Loss();
            posterior.TuneByValidation(Validation, options);
            Assert.True(cooled < before && Loss() <= cooled, $"{type}: {before}, {cooled}, {Loss()}");
        }
    }

    private IEnumerable<(Tensor, Tensor)> Validation => network.Batches.Select(batch => (batch.Input, batch.Target!));
}
