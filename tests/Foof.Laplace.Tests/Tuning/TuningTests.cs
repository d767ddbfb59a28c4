using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>Choices by validation data, whatever the posterior was before.</summary>
public sealed class TuningTests
{
    private static LaplacePosterior Fit(
        SmallProblem problem,
        CurvatureStructure structure = CurvatureStructure.LowRank
    ) =>
        LaplacePosterior.Fit(
            problem.Model,
            Loss.CrossEntropy,
            [(problem.Input.narrow(0, 0, 10), problem.Target.narrow(0, 0, 10))],
            new() { Structure = structure, FisherType = FisherType.MonteCarlo },
            new Generator(5)
        );

    [Fact]
    public void One_precision_is_chosen_where_each_layer_had_its_own()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = Fit(problem);
        using var plain = Fit(problem);
        var validation = SmallProblem.Draw(30);
        posterior.SetPriorPrecision(1, 2);
        posterior.Tune([validation]);
        plain.Tune([validation]);
        Assert.Equal(plain.PriorPrecision[0], posterior.PriorPrecision[0], 1e-6 * plain.PriorPrecision[0]);
        Assert.Equal(posterior.PriorPrecision[0], posterior.PriorPrecision[1]);
    }

    [Fact]
    public void Options_are_looked_at_before_data()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = problem.Fit();
        foreach (
            var (part, options) in new (string, PredictionOptions)[]
            {
                ("Type", new() { Type = (PredictionType)7 }),
                ("Link", new() { Link = (LinkApproximation)7 }),
                ("Samples", new() { Samples = 0 }),
                ("MemoryBudget", new() { MemoryBudget = 0 }),
            }
        )
        foreach (
            var tune in new Action<IEnumerable<(Tensor, Tensor)>>[]
            {
                data => posterior.TuneByValidation(data, options),
                data => posterior.TuneTemperatureByValidation(data, options),
            }
        )
        {
            var error = Assert.ThrowsAny<ArgumentException>(() => tune(Untouched()));
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<(Tensor, Tensor)> Untouched()
    {
        Assert.Fail("The data were looked at.");
        yield break;
    }

    [Fact]
    public void A_choice_that_fails_midway_leaves_nothing_behind_and_the_precision_as_it_was()
    {
        using var problem = new SmallProblem();
        using var posterior = Fit(problem);
        posterior.SetPriorPrecision(1, 2);
        using var source = new CancellationTokenSource();
        void Fails()
        {
            using var scope = NewDisposeScope();
            Assert.Throws<InvalidOperationException>(() => posterior.TuneByValidation(Broken()));
            Assert.Throws<InvalidOperationException>(() => posterior.TuneTemperatureByValidation(Broken()));
        }
        IEnumerable<(Tensor, Tensor)> Broken()
        {
            yield return (problem.Input, problem.Target);
            yield return (problem.Input, problem.Target);
            throw new InvalidOperationException("The data end here.");
        }
        Fails();
        var before = LiveTensors.Settled();
        Fails();
        Assert.Equal(before, Tensor.TotalCount);
        Assert.Equal([1.0, 2.0], posterior.PriorPrecision);
        Assert.Equal(1.0, posterior.Temperature);
    }

    [Fact]
    public void A_choice_can_be_stopped_while_its_data_are_prepared()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = problem.Fit();
        using var source = new CancellationTokenSource();
        var seen = 0;
        IEnumerable<(Tensor, Tensor)> Stopping()
        {
            while (seen < 5)
            {
                seen++;
                source.Cancel();
                yield return (problem.Input, problem.Target);
            }
        }
        Assert.ThrowsAny<OperationCanceledException>(() =>
            posterior.TuneByValidation(Stopping(), cancellation: source.Token)
        );
        Assert.Equal(1, seen);
    }

    [Fact]
    public void Batches_beyond_the_memory_budget_are_predicted_again_with_the_same_choice()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var large = problem.Fit(new() { Structure = CurvatureStructure.Dense });
        using var small = problem.Fit(new() { Structure = CurvatureStructure.Dense });
        (Tensor, Tensor)[] validation = [SmallProblem.Draw(30), SmallProblem.Draw(20), SmallProblem.Draw(10)];
        foreach (var link in new[] { LinkApproximation.Probit, LinkApproximation.MonteCarlo })
        {
            large.TuneByValidation(validation, new() { Link = link });
            small.TuneByValidation(validation, new() { Link = link, MemoryBudget = 20_000 });
            Assert.Equal(large.PriorPrecision[0], small.PriorPrecision[0]);
        }
    }

    [Fact]
    public void Layers_have_precisions_of_their_own_whether_their_fisher_is_written_out_or_in_columns()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var together = Fit(problem, CurvatureStructure.Dense);
        using var columns = Fit(problem);
        var (x, _) = SmallProblem.Draw(12);
        foreach (var posterior in new[] { together, columns })
            posterior.TuneByEvidence(perLayer: true);
        Assert.NotEqual(columns.PriorPrecision[0], columns.PriorPrecision[1]);
        foreach (var (expected, found) in columns.PriorPrecision.Zip(together.PriorPrecision))
            Assert.Equal(expected, found, 1e-3 * expected);
        Assert.InRange(Distance(columns, together, x), 0, 1e-3);

        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.safetensors");
        try
        {
            together.Save(path);
            using var loaded = LaplacePosterior.Load(problem.Model, path);
            Assert.Equal(together.PriorPrecision, loaded.PriorPrecision);
            Assert.Equal(0, Distance(together, loaded, x));
        }
        finally
        {
            File.Delete(path);
        }

        // With one precision again, it is as if it had never had several.
        using var fresh = Fit(problem, CurvatureStructure.Dense);
        foreach (var posterior in new[] { together, fresh })
            posterior.SetPriorPrecision(0.7);
        Assert.InRange(Distance(fresh, together, x), 0, 1e-4);
    }

    private static double Distance(LaplacePosterior expected, LaplacePosterior found, Tensor x) =>
        (expected.Predict(x).Probabilities! - found.Predict(x).Probabilities!).abs().max().ToDouble();

    [Fact]
    public void Ignored_labels_do_not_count_in_validation()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = problem.Fit();
        var (input, target) = SmallProblem.Draw(20);
        using var prediction = posterior.Predict(input);
        var ignored = target.clone();
        ignored[TensorIndex.Slice(0, 5)] = -100L;
        using var rest = posterior.Predict(input.narrow(0, 5, 15));
        var expected = posterior.NegativeLogLikelihood(rest, target.narrow(0, 5, 15));
        Assert.Equal(expected, posterior.NegativeLogLikelihood(prediction, ignored), 1e-9);
        posterior.TuneByValidation([(input, ignored)]);
        var all = Assert.Throws<ArgumentException>(() =>
            posterior.NegativeLogLikelihood(prediction, full_like(target, -100L))
        );
        Assert.Contains("one label that counts", all.Message, StringComparison.Ordinal);
    }
}
