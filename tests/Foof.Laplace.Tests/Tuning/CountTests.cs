using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>Counts have a likelihood under predictions, and a posterior of theirs is tuned by it.</summary>
public sealed class CountTests : IDisposable
{
    private const ScalarType Type = ScalarType.Float64;

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    private static LaplacePosterior Fit(nn.Module<Tensor, Tensor> model) =>
        LaplacePosterior.Fit(model, Loss.Poisson, [(randn(8, 2, dtype: Type), ones(8, 1, dtype: Type))]);

    private static LaplacePosterior Fit() => Fit(nn.Sequential(("fc", nn.Linear(2, 1, dtype: Type))));

    // -log of the sum over four million places of N(f; mean, variance) Poisson(y; exp f), where it is not negligible.
    private static double Explicit(double mean, double variance, double y)
    {
        var deviation = Math.Sqrt(variance);
        var z = linspace(-130, 130, 4_000_001, dtype: Type);
        var f = mean + deviation * z;
        var logs = y * f - f.exp() - z.square() / 2 - 0.5 * Math.Log(2 * Math.PI) + Math.Log(260 / 4e6);
        return (tensor(y + 1, dtype: Type).lgamma() - logs.logsumexp(0)).ToDouble();
    }

    [Fact]
    public void Their_likelihood_is_an_integral_over_rates()
    {
        using var posterior = Fit();
        foreach (var mean in new[] { -3.0, 0, 1.5, 8 })
        foreach (var variance in new[] { 1e-8, 0.01, 1, 30 })
        foreach (var y in new[] { 0.0, 1, 7, 1000 })
        {
            using var own = NewDisposeScope();
            Tensor Of(double value) => full(1, 1, value, dtype: Type);
            var found = posterior.NegativeLogLikelihood(new(Of(mean), null, Of(variance), null), Of(y));
            Assert.Equal(1, found / Explicit(mean, variance, y), 1e-8);
        }
    }

    [Fact]
    public void Without_variance_it_is_that_of_the_rate_and_data_points_are_averaged()
    {
        using var posterior = Fit();
        var (f, y) = (randn(5, 3, dtype: Type), arange(15, dtype: Type).reshape(5, 3));
        var expected = (f.exp() - y * f + (y + 1).lgamma()).sum().ToDouble() / 5;
        Assert.Equal(expected, posterior.NegativeLogLikelihood(new(f, null, zeros_like(f), null), y), 1e-9);
    }

    [Theory]
    [InlineData(PredictionType.Linearised)]
    [InlineData(PredictionType.SampledWeights)]
    public void A_posterior_is_tuned_by_it(PredictionType type)
    {
        manual_seed(4);
        using var posterior = Fit();
        var options = new PredictionOptions { Type = type, Samples = 20 };
        var (x, y) = (randn(30, 2, dtype: Type), (rand(30, 1, dtype: Type) * 4).floor());
        double Loss() => posterior.NegativeLogLikelihood(posterior.Predict(x, options), y);
        posterior.Temperature = 5;
        var before = Loss();
        posterior.TuneTemperatureByValidation([(x, y)], options);
        var cooled = Loss();
        posterior.Tune([(x, y)], options);
        Assert.True(cooled < before && Loss() <= cooled, $"{before}, {cooled}, {Loss()}");
    }

    [Fact]
    public void Labels_that_are_no_counts_are_refused()
    {
        using var posterior = Fit();
        var prediction = posterior.Predict(randn(2, 2, dtype: Type));
        foreach (var (label, sentence) in new[] { (-1.0, "counts of at least 0"), (double.NaN, "finite numbers") })
        {
            var error = Assert.Throws<ArgumentException>(() =>
                posterior.NegativeLogLikelihood(prediction, full(2, 1, label, dtype: Type))
            );
            Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
        }
        var far = full(2, 1, 1e4, dtype: Type);
        Assert.Throws<NumericalFailure>(() =>
            posterior.NegativeLogLikelihood(new(far, null, ones_like(far), null), ones_like(far))
        );
    }
}
