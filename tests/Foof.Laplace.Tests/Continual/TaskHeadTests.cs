using static TorchSharp.torch;

namespace Foof.Laplace.Tests.Continual;

public sealed class TaskHeadTests : IDisposable
{
    private readonly Small small = new();

    public void Dispose() => small.Dispose();

    [Fact]
    public void A_head_has_its_outputs_and_counts_labels_in_their_order()
    {
        using var head = new TaskHead(small.Model, [2, 0]);
        using var input = randn(4, 4, dtype: ScalarType.Float64);
        using var all = small.Model.call(input);
        using var some = head.call(input);
        Assert.Equal([4, 2], some.shape);
        Assert.True(some.select(1, 0).equal(all.select(1, 2)).all().item<bool>());
        using var labels = head.Labels(tensor(new long[] { 0, 2, 2 }));
        Assert.Equal(new long[] { 1, 0, 0 }, labels.data<long>().ToArray());
    }

    [Fact]
    public void Outputs_that_a_task_does_not_use_have_no_gradient_and_no_penalty()
    {
        using var head = new TaskHead(small.Model, [0, 2]);
        using var tasks = new ElasticWeightConsolidation(
            small.Model,
            Loss.CrossEntropy,
            new() { Structure = CurvatureStructure.LowRank }
        );
        var (input, _) = small.Task(1)[0];
        tasks.Consolidate([(input, null)], head: head);
        small.Move(2);
        tasks.AddGradient();
        using var unused = small.Last.weight!.grad!.select(0, 1);
        Assert.Equal(0, unused.abs().sum().ToDouble());
        Assert.True(small.Last.weight!.grad!.abs().sum().ToDouble() > 0);
    }

    [Fact]
    public void Labels_and_outputs_of_other_tasks_are_refused()
    {
        using var head = new TaskHead(small.Model, [0, 2]);
        Assert.Contains(
            "2 of 3 are not",
            Assert.Throws<ArgumentException>(() => head.Labels(tensor(new long[] { 0, 1, 3 }))).Message,
            StringComparison.Ordinal
        );
        Assert.Throws<ArgumentException>(() => new TaskHead(small.Model, []));
        Assert.Throws<ArgumentException>(() => new TaskHead(small.Model, [1, 1]));
        Assert.Throws<ArgumentException>(() => new TaskHead(small.Model, [-1]));
        using var far = new TaskHead(small.Model, [7]);
        using var input = randn(4, 4, dtype: ScalarType.Float64);
        Assert.Contains(
            "must be [n; 8 or more; ...]",
            Assert.Throws<ArgumentException>(() => far.call(input)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_head_does_not_own_its_model()
    {
        var head = new TaskHead(small.Model, [0]);
        head.Dispose();
        using var input = randn(4, 4, dtype: ScalarType.Float64);
        using var output = small.Model.call(input);
        Assert.Equal([4, 3], output.shape);
    }
}
