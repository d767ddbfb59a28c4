using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>
/// An error in the caller's own code, batches or progress, comes out as it is, frees what was gathered and changes
/// nothing.
/// </summary>
public sealed class CallersErrorTests
{
    private sealed class Mine() : Exception("mine");

    // The second report fails, in the middle of the work.
    private sealed class Fails : IProgress<int>, IProgress<TrainingProgress>
    {
        private int reports;

        public void Report(int value)
        {
            if (++reports == 2)
                throw new Mine();
        }

        public void Report(TrainingProgress value) => Report(value.Step);
    }

    [Fact]
    public void Posteriors_of_numbers_stay_as_they_were()
    {
        using var problem = new RegressionProblem();
        var (x, y) = (problem.Input, problem.Target);
        (Tensor, Tensor)[] batches = [(x, y), (x, y)];
        var labelled = batches.Select(batch => (batch.Item1, (Tensor?)batch.Item2)).ToArray();
        Tensor[] inputs = [x, x];
        var sampled = new PredictionOptions { Type = PredictionType.SampledWeights, Samples = 2 };
        using var posterior = problem.Fit();
        Unchanged(
            problem.Model,
            () => $"{posterior}, {posterior.LogEvidence}, {posterior.Summary}",
            () => LaplacePosterior.Fit(problem.Model, Loss.SquaredError, labelled, progress: new Fails()),
            () => LaplacePosterior.Fit(problem.Model, Loss.SquaredError, Broken(labelled)),
            () => posterior.Update(labelled, progress: new Fails()),
            () => posterior.Update(Broken(labelled)),
            () => posterior.Predict(inputs, progress: new Fails()),
            () => posterior.Predict(Broken(inputs)),
            () => posterior.Predict(inputs, sampled, new Fails()),
            () => posterior.Predict(Broken(inputs), sampled),
            () => posterior.TuneByValidation(batches, progress: new Fails()),
            () => posterior.TuneByValidation(Broken(batches)),
            () => posterior.TuneByValidation(batches, sampled, new Fails()),
            () => posterior.TuneTemperatureByValidation(batches, progress: new Fails()),
            () => posterior.TuneNoiseByValidation(batches, progress: new Fails()),
            () => posterior.TuneNoiseByValidation(Broken(batches))
        );
    }

    [Fact]
    public void Tasks_stay_as_they_were()
    {
        using var problem = new SmallProblem();
        var batches = problem.Batches.ToArray();
        using var tasks = new ElasticWeightConsolidation(problem.Model, Loss.CrossEntropy);
        tasks.Consolidate(batches);
        Unchanged(
            problem.Model,
            tasks.ToString,
            () => tasks.Consolidate(batches, progress: new Fails()),
            () => tasks.Consolidate(Broken(batches))
        );
    }

    [Fact]
    public void Curvature_and_influences_are_freed()
    {
        using var problem = new SmallProblem();
        var batches = problem.Batches.ToArray();
        var labelled = batches.Select(batch => (batch.Item1, batch.Item2!)).ToArray();
        var (x, y) = (problem.Input, problem.Target);
        using var curvature = CurvatureMatrix.Fisher(problem.Model, Loss.CrossEntropy, x);
        using var influence = new InfluenceFunction(curvature, 0.1);
        Unchanged(
            problem.Model,
            curvature.ToString,
            () => CurvatureMatrix.Fisher(problem.Model, Loss.CrossEntropy, batches, progress: new Fails()),
            () => CurvatureMatrix.Fisher(problem.Model, Loss.CrossEntropy, Broken(batches)),
            () => influence.OfPoints(labelled, x, y, new Fails()),
            () => influence.OfPoints(Broken(labelled), x, y),
            () => influence.Hypergradient(labelled, new Fails()),
            () => influence.Hypergradient(Broken(labelled))
        );
    }

    [Fact]
    public void A_run_that_breaks_continues_from_its_last_step()
    {
        using var problem = new SmallProblem();
        var (x, y) = (problem.Input, problem.Target);
        using var optimizer = new FoofOptimizer(problem.Model, schedule: new() { WarmUpBatches = 1 });
        Unscoped.Run(() =>
        {
            _ = Assert.Throws<Mine>(() => Trainer.Fit(optimizer, x, y, 1, 20, progress: new Fails()));
            Assert.Equal(1 + 2, optimizer.BatchesSeen);
            var live = LiveTensors.Settled();
            _ = Assert.Throws<Mine>(() => Trainer.Fit(optimizer, x, y, 1, 20, progress: new Fails()));
            _ = Assert.Throws<Mine>(() => Trainer.Fit(optimizer, _ => Broken([(x, y)]), 1));
            _ = Assert.Throws<Mine>(() => Trainer.Fit(optimizer, x, y, 1, 20, onEpoch: _ => throw new Mine()));
            Assert.Equal(live, Tensor.TotalCount);
            Assert.Equal(1 + 2 + 2 + 1 + 3, optimizer.BatchesSeen);
            Assert.False(problem.Model.training);
        });
    }

    private static IEnumerable<T> Broken<T>(IEnumerable<T> batches)
    {
        foreach (var batch in batches)
            yield return batch;
        throw new Mine();
    }

    private static void Unchanged(nn.Module<Tensor, Tensor> model, Func<string> state, params Action[] calls)
    {
        var weights = model
            .parameters()
            .SelectMany(own => own.detach().flatten().to(ScalarType.Float64).data<double>())
            .ToArray();
        var before = state();
        for (var place = 0; place < calls.Length; place++)
            Unscoped.Run(() =>
            {
                _ = Assert.Throws<Mine>(calls[place]);
                var live = LiveTensors.Settled();
                _ = Assert.Throws<Mine>(calls[place]);
                Assert.True(live == Tensor.TotalCount, $"Call {place} leaves {Tensor.TotalCount - live} tensors.");
            });
        Assert.Equal(before, state());
        Assert.Equal(
            weights,
            model.parameters().SelectMany(own => own.detach().flatten().to(ScalarType.Float64).data<double>())
        );
    }
}
