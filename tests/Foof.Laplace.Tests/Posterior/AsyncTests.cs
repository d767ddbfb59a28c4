using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>
/// Long work on a thread of the pool: the same numbers, progress, and an end when it is asked for.
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

        var told = new Told();
        using var there = await LaplacePosterior.FitAsync(
            problem.Model,
            Loss.CrossEntropy,
            problem.Batches,
            generator: new Generator(5),
            progress: told
        );
        Assert.Equal([1, 2], told.All);
        told.All.Clear();
        await there.TuneAsync(validation, progress: told);
        Assert.Equal(Enumerable.Range(1, told.All.Count), told.All);
        Assert.NotEmpty(told.All);
        Assert.Equal(here.PriorPrecision, there.PriorPrecision);
        told.All.Clear();
        using var found = await there.PredictAsync([problem.Input], progress: told);
        Assert.Equal([1], told.All);
        using var same = found.Probabilities!.eq(expected.Probabilities!).all();
        Assert.True(same.item<bool>());
    }

    [Fact]
    public async Task It_ends_when_it_is_asked_to_and_leaves_nothing_behind()
    {
        using var problem = new SmallProblem();
        using var posterior = problem.Fit();
        var before = posterior.PriorPrecision.ToArray();
        (Tensor, Tensor)[] validation = [(problem.Input, problem.Target)];
        using var stop = new CancellationTokenSource();
        var stopping = new Told(_ => stop.Cancel());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            posterior.TuneAsync(validation, progress: stopping, cancellation: stop.Token)
        );
        Assert.Equal(before, posterior.PriorPrecision);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            posterior.PredictAsync([problem.Input], cancellation: stop.Token)
        );
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            LaplacePosterior.FitAsync(
                problem.Model,
                Loss.CrossEntropy,
                problem.Batches,
                cancellation: stop.Token
            )
        );
    }

    [Fact]
    public async Task Tasks_can_be_consolidated_beside()
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

    private sealed class Told(Action<int>? then = null) : IProgress<int>
    {
        internal List<int> All { get; } = [];

        public void Report(int value)
        {
            All.Add(value);
            then?.Invoke(value);
        }
    }
}
