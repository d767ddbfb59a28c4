using static TorchSharp.torch;

namespace Foof.Laplace.Tests.Continual;

public sealed class RefusalTests : IDisposable
{
    private readonly Small small = new();

    public void Dispose() => small.Dispose();

    private static void Refused<T>(string part, Action action)
        where T : Exception
    {
        var error = Assert.Throws<T>(action);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private static ElasticWeightConsolidation Make(Small small, ContinualOptions? options = null) =>
        new(small.Model, Loss.CrossEntropy, options);

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Refused<ArgumentException>(
            "Strength must be a number of at least 0; got -1",
            () => Make(small, new() { Strength = -1 })
        );
        Refused<ArgumentException>("Decay must lie in [0, 1]; got 2", () => Make(small, new() { Decay = 2 }));
        Refused<ArgumentException>(
            "ColumnBudget must be at least 1; got 0",
            () => Make(small, new() { ColumnBudget = 0 })
        );
        Refused<ArgumentException>(
            "MemoryBudget must be at least 1; got 0",
            () => Make(small, new() { MemoryBudget = 0 })
        );
        Refused<ArgumentException>(
            "xi must be a positive number",
            () => _ = new SynapticIntelligence(small.Model, xi: 0)
        );
        Refused<ArgumentException>(
            "must have a trained layer",
            () => _ = new ElasticWeightConsolidation(small.Model, Loss.CrossEntropy, null, (_, _) => false)
        );
    }

    [Fact]
    public void Bad_data_are_refused_and_nothing_changes()
    {
        using var tasks = Make(small);
        tasks.Consolidate(small.Task(1));
        small.Move(2);
        var before = Value(tasks);
        var (input, target) = small.Task(3)[0];
        using var nan = input / 0;
        using var outside = target! + 5;
        Refused<ArgumentException>("at least one; got none", () => tasks.Consolidate([]));
        Refused<ArgumentException>(
            "hold class indices from 0 to 2",
            () => tasks.Consolidate([(input, target), (input, outside)])
        );
        Refused<NumericalFailure>("inputs are not finite", () => tasks.Consolidate([(nan, target)]));
        Refused<ArgumentException>(
            "weight must be a positive number; got 0",
            () => tasks.Consolidate([(input, target)], weight: 0)
        );
        Assert.Throws<OperationCanceledException>(() =>
            tasks.Consolidate([(input, target)], cancellation: new CancellationToken(true))
        );
        Assert.Equal(1, tasks.Tasks);
        Assert.Equal(before, Value(tasks));
    }

    [Fact]
    public void Weights_that_are_not_finite_are_refused_by_name()
    {
        using var tasks = Make(small);
        using (no_grad())
            small.Last.bias!.fill_(double.NaN);
        Refused<NumericalFailure>("parameter 'last.bias'", () => tasks.Consolidate(small.Task(1)));
        using var synaptic = new SynapticIntelligence(small.Model);
        Refused<NumericalFailure>("parameter 'last.bias'", synaptic.Consolidate);
    }

    [Fact]
    public void Batch_norm_in_training_mode_is_refused_and_in_evaluation_mode_is_not()
    {
        using var model = nn.Sequential(
            ("first", nn.Linear(4, 3)),
            ("norm", nn.BatchNorm1d(3)),
            ("last", nn.Linear(3, 3))
        );
        using var tasks = new ElasticWeightConsolidation(model, Loss.CrossEntropy);
        using var input = randn(5, 4);
        Refused<ArgumentException>(
            "Batch norm 'norm' must be in evaluation mode",
            () => tasks.Consolidate([(input, null)])
        );
        model.eval();
        tasks.Consolidate([(input, null)]);
        Assert.Equal(1, tasks.Tasks);
    }

    [Fact]
    public void Memory_above_the_budget_is_refused_with_the_bytes_and_what_would_fit()
    {
        using var tasks = Make(small, new() { Structure = CurvatureStructure.LowRank, MemoryBudget = 3000 });
        Refused<ArgumentException>("of them would fit", () => tasks.Consolidate(small.Task(1)));
        Assert.Equal(0, tasks.Tasks);
        using var growing = Make(
            small,
            new()
            {
                Tasks = ContinualTasks.Separate,
                Structure = CurvatureStructure.Diagonal,
                MemoryBudget = 1000,
            }
        );
        growing.Consolidate(small.Task(1));
        Refused<ArgumentException>("memory budget of 1,000 bytes; it takes", () => growing.Consolidate(small.Task(2)));
        Assert.Equal(1, growing.Tasks);
    }

    [Fact]
    public void A_step_without_its_beginning_is_refused()
    {
        using var tasks = new SynapticIntelligence(small.Model);
        Refused<InvalidOperationException>("BeforeStep must be called", tasks.AfterStep);
    }

    [Fact]
    public void After_its_end_it_refuses_work()
    {
        var tasks = Make(small);
        tasks.Dispose();
        tasks.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tasks.Penalty());
        Assert.Throws<ObjectDisposedException>(() => tasks.Consolidate(small.Task(1)));
    }

    private static double Value(Consolidator tasks)
    {
        using var penalty = tasks.Penalty();
        return penalty.ToDouble();
    }
}
