using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>What predictions do with batches and outputs of every kind.</summary>
public sealed class PredictionTests
{
    private static PredictionOptions Sampled(long budget = LaplaceOptions.DefaultMemoryBudget) =>
        new()
        {
            Type = PredictionType.SampledWeights,
            Samples = 7,
            MemoryBudget = budget,
        };

    [Fact]
    public void Batches_that_can_be_enumerated_once_are_refused_if_samples_take_several_passes()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = problem.Fit();
        Tensor[] batches = [problem.Input.narrow(0, 0, 40), problem.Input.narrow(0, 40, 20)];
        using var whole = posterior.Predict(batches, Sampled());
        using var parts = posterior.Predict(batches, Sampled(1000));
        Assert.True(whole.Probabilities!.allclose(parts.Probabilities!));
        using var once = posterior.Predict(new Passes(batches, []), Sampled());
        Assert.True(whole.Probabilities!.eq(once.Probabilities!).all().item<bool>());
        foreach (var later in new Tensor[][] { [], [batches[0]], [batches[1], batches[0]], [.. batches, batches[0]] })
        {
            var error = Assert.ThrowsAny<ArgumentException>(() =>
                posterior.Predict(new Passes(batches, later), Sampled(1000))
            );
            Assert.Contains("the same batches", error.Message, StringComparison.Ordinal);
        }
        Assert.True(problem.Model.call(problem.Input).isfinite().all().item<bool>());
    }

    [Theory]
    [InlineData(PredictionType.Linearised)]
    [InlineData(PredictionType.SampledWeights)]
    public void Inputs_that_are_not_finite_are_refused(PredictionType type)
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = problem.Fit();
        using var bad = problem.Input.clone();
        bad[3, 0] = float.NaN;
        var error = Assert.Throws<NumericalFailure>(() => posterior.Predict(bad, new() { Type = type, Samples = 3 }));
        Assert.Contains("not finite", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Predictions_around_weights_that_were_trained_further_are_refused_until_the_data_are_added()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = problem.Fit();
        using var before = posterior.Predict(problem.Input);
        var weight = problem.Model.parameters().Last();
        using var original = weight.detach().clone();
        void Move(double by)
        {
            using var unrecorded = no_grad();
            weight.add_(by);
        }
        Move(1e-3);
        Action[] uses =
        [
            () => posterior.Predict(problem.Input),
            () => posterior.Predict(problem.Input, Sampled()),
            () => posterior.PredictJointly(problem.Input),
            () => posterior.TuneByValidation([(problem.Input, problem.Target)]),
        ];
        foreach (var use in uses)
        {
            var error = Assert.Throws<InvalidOperationException>(use);
            Assert.Contains("have changed: call Update", error.Message, StringComparison.Ordinal);
        }
        using (no_grad())
            weight.copy_(original);
        using var again = posterior.Predict(problem.Input);
        Assert.True(again.Probabilities!.eq(before.Probabilities!).all().ToBoolean());
        Move(1e-3);
        posterior.Update([(problem.Input, problem.Target)]);
        using var updated = posterior.Predict(problem.Input);
        Assert.False(updated.Probabilities!.eq(before.Probabilities!).all().ToBoolean());
    }

    [Theory]
    [InlineData(PredictionType.Linearised, LinkApproximation.Probit, false)]
    [InlineData(PredictionType.Linearised, LinkApproximation.LaplaceBridge, false)]
    [InlineData(PredictionType.Linearised, LinkApproximation.MonteCarlo, true)]
    [InlineData(PredictionType.SampledWeights, null, true)]
    [InlineData(PredictionType.SampledWeights, LinkApproximation.MonteCarlo, true)]
    public void A_seed_decides_the_samples_of_predictions_that_draw_some(
        PredictionType type,
        LinkApproximation? link,
        bool samples
    )
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = problem.Fit();
        Tensor Of(long seed) =>
            posterior
                .Predict(
                    problem.Input,
                    new()
                    {
                        Type = type,
                        Link = link,
                        Samples = 5,
                        Seed = seed,
                    }
                )
                .Probabilities!;
        var first = Of(1);
        Assert.True(first.eq(Of(1)).all().item<bool>());
        Assert.Equal(samples, !first.eq(Of(2)).all().item<bool>());
    }

    [Fact]
    public void Probabilities_of_two_classes_are_made_as_asked()
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var model = nn.Linear(2, 1);
        var input = randn(20, 2);
        var target = input.narrow(1, 0, 1).gt(0).to(ScalarType.Float32);
        using var posterior = LaplacePosterior.Fit(
            model,
            Loss.BinaryCrossEntropy,
            [(input, target)],
            new() { Structure = CurvatureStructure.Dense }
        );
        var point = randn(3, 2);
        using var probit = posterior.Predict(point);
        using var sampled = posterior.Predict(point, new() { Link = LinkApproximation.MonteCarlo, Samples = 40_000 });
        // The mean of the sigmoid under N(f, v), by the trapezium rule.
        var z = linspace(-8, 8, 4001, dtype: ScalarType.Float64);
        var weight = (-z.square() / 2).exp();
        var expected = ((probit.Output + probit.Variance.sqrt() * z).sigmoid() * weight).sum(1) / weight.sum();
        var apart = (sampled.Probabilities!.squeeze(1) - expected).abs().max().ToDouble();
        Assert.InRange(apart, 0, 0.005);
        Assert.False(sampled.Probabilities!.eq(probit.Probabilities!).any().item<bool>());
        var error = Assert.ThrowsAny<ArgumentException>(() =>
            posterior.Predict(point, new() { Link = LinkApproximation.LaplaceBridge })
        );
        Assert.Contains("Bridge", error.Message, StringComparison.Ordinal);
        Assert.ThrowsAny<ArgumentException>(() =>
            posterior.Tune([(input, target)], new() { Link = LinkApproximation.LaplaceBridge })
        );
    }

    [Theory]
    [InlineData(PredictionType.Linearised)]
    [InlineData(PredictionType.SampledWeights)]
    public void Uncertainty_is_one_number_a_point_where_outputs_are_one_number_too(PredictionType type)
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var model = nn.Sequential(("fc", nn.Linear(2, 1)), ("flat", nn.Flatten(0)));
        var (input, target) = (randn(6, 2), randn(6));
        using var posterior = LaplacePosterior.Fit(model, Loss.SquaredError, [(input, target)]);
        using var found = posterior.Predict(input, new() { Type = type });
        Assert.Equal([6], found.Variance.shape);
        Assert.True(found.Uncertainty().eq(found.Variance).all().item<bool>());
    }

    [Fact]
    public void The_likelihood_of_counts_has_their_factorials()
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var model = nn.Linear(2, 1, dtype: ScalarType.Float64);
        var input = randn(5, 2, dtype: ScalarType.Float64);
        var target = tensor(new[] { 0.0, 1, 4, 2, 7 }).unsqueeze(1);
        using var posterior = LaplacePosterior.OfLikelihood(
            model,
            Likelihood.Poisson,
            [(input.narrow(0, 0, 2), target.narrow(0, 0, 2)), (input.narrow(0, 2, 3), target.narrow(0, 2, 3))],
            new() { DataPoints = 10 },
            null,
            null,
            default
        );
        double[] factorials = [1, 1, 24, 2, 5040];
        var rates = model.call(input).squeeze(1).data<double>().ToArray();
        var counts = target.squeeze(1).data<double>().ToArray();
        var expected =
            2 * rates.Zip(counts, (f, y) => y * f - Math.Exp(f)).Zip(factorials, (x, y) => x - Math.Log(y)).Sum();
        Assert.Equal(expected, posterior.LogLikelihood, 1e-9);
    }

    /// <summary>Batches that differ when they are enumerated again.</summary>
    private sealed class Passes(IReadOnlyList<Tensor> first, IReadOnlyList<Tensor> later) : IEnumerable<Tensor>
    {
        private bool isBegun;

        public IEnumerator<Tensor> GetEnumerator()
        {
            var now = isBegun ? later : first;
            isBegun = true;
            return now.GetEnumerator();
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
