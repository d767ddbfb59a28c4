using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>
/// Long work on a thread-pool thread: the same numbers, progress and cancellation.
/// </summary>
public sealed class AsyncTests
{
    [Fact]
    public async Task The_numbers_are_those_of_the_same_thread()
    {
        using var problem = new SmallProblem();
        (Tensor, Tensor)[] validation = [(problem.Input, problem.Target)];
        using var here = problem.Fit();
        here.Tune(validation);
        using var expected = here.Predict(problem.Input);

        var reports = new Reports();
        using var there = await LaplacePosterior.FitAsync(
            problem.Model,
            Loss.CrossEntropy,
            problem.Batches,
            generator: new Generator(5),
            progress: reports
        );
        Assert.Equal([1, 2], reports.All);
        reports.All.Clear();
        await there.TuneAsync(validation, progress: reports);
        Assert.Equal(Enumerable.Range(1, reports.All.Count), reports.All);
        Assert.NotEmpty(reports.All);
        Assert.Equal(here.PriorPrecision, there.PriorPrecision);
        reports.All.Clear();
        using var found = await there.PredictAsync([problem.Input], progress: reports);
        Assert.Equal([1], reports.All);
        using var same = found.Probabilities!.eq(expected.Probabilities!).all();
        Assert.True(same.item<bool>());
    }

    [Fact]
    public async Task It_ends_on_request_and_leaves_nothing_behind()
    {
        using var problem = new SmallProblem();
        using var posterior = problem.Fit();
        var before = posterior.PriorPrecision.ToArray();
        (Tensor, Tensor)[] validation = [(problem.Input, problem.Target)];
        using var stop = new CancellationTokenSource();
        var stopping = new Reports(_ => stop.Cancel());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            posterior.TuneAsync(validation, progress: stopping, cancellation: stop.Token)
        );
        Assert.Equal(before, posterior.PriorPrecision);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            posterior.PredictAsync([problem.Input], cancellation: stop.Token)
        );
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            LaplacePosterior.FitAsync(problem.Model, Loss.CrossEntropy, problem.Batches, cancellation: stop.Token)
        );
    }

    [Fact]
    public async Task Tasks_can_be_consolidated_on_another_thread()
    {
        using var problem = new SmallProblem();
        using var here = new ElasticWeightConsolidation(problem.Model, Loss.CrossEntropy);
        using var there = new ElasticWeightConsolidation(problem.Model, Loss.CrossEntropy);
        here.Consolidate(problem.Batches);
        await there.ConsolidateAsync(problem.Batches);
        using (no_grad())
            foreach (var parameter in problem.Model.parameters())
                parameter.add_(0.1);
        using var expected = here.Penalty();
        using var found = there.Penalty();
        Assert.Equal(1, there.Tasks);
        Assert.Equal(expected.item<float>(), found.item<float>());
    }

    private sealed class Reports(Action<int>? then = null) : IProgress<int>
    {
        internal List<int> All { get; } = [];

        public void Report(int value)
        {
            All.Add(value);
            then?.Invoke(value);
        }
    }
}
