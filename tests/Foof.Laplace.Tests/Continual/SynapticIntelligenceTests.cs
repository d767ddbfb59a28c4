using static TorchSharp.torch;

namespace Foof.Laplace.Tests.Continual;

public sealed class SynapticIntelligenceTests : IDisposable
{
    private readonly Small small = new();

    public void Dispose() => small.Dispose();

    [Fact]
    public void Two_tasks_by_loops()
    {
        const double Strength = 0.3;
        const double Xi = 0.1;
        using var tasks = new SynapticIntelligence(small.Model, Strength, Xi);
        using var optimizer = optim.SGD(small.Model.parameters(), 0.1, momentum: 0.9);
        var importance = new double[small.Weights().Length];
        for (var task = 0; task < 2; task++)
        {
            var (path, start) = (new double[importance.Length], small.Weights());
            foreach (var (input, target) in small.Task(task, batches: 12))
            {
                using var scope = NewDisposeScope();
                optimizer.zero_grad();
                nn.functional.cross_entropy(small.Model.call(input), target!).backward();
                // The gradient of the task's loss alone.
                var (gradient, before) = (small.Gradients(), small.Weights());
                tasks.BeforeStep();
                tasks.AddGradient();
                optimizer.step();
                tasks.AfterStep();
                var after = small.Weights();
                for (var i = 0; i < path.Length; i++)
                    path[i] -= gradient[i] * (after[i] - before[i]);
            }
            var end = small.Weights();
            for (var i = 0; i < path.Length; i++)
                importance[i] += Math.Max(path[i], 0) / (Math.Pow(end[i] - start[i], 2) + Xi);
            tasks.Consolidate();
        }
        var centre = small.Weights();
        small.Move(9);
        var d = Dense.Minus(small.Weights(), centre);
        using var penalty = tasks.Penalty();
        Dense.Agrees([Strength * d.Select((x, i) => importance[i] * x * x).Sum()], [penalty.ToDouble()]);
        small.ClearGradients();
        tasks.AddGradient();
        Dense.Agrees([.. d.Select((x, i) => 2 * Strength * importance[i] * x)], small.Gradients());
    }

    [Fact]
    public void Steps_leak_nothing()
    {
        using var tasks = new SynapticIntelligence(small.Model);
        using (NewDisposeScope())
            small.Model.call(small.Task(1)[0].Input).sum().backward();
        tasks.BeforeStep();
        tasks.AfterStep();
        var before = LiveTensors.Settled();
        for (var i = 0; i < 3; i++)
        {
            tasks.BeforeStep();
            tasks.BeforeStep();
            tasks.AfterStep();
        }
        Assert.Equal(before, Tensor.TotalCount);
    }

    private void Step(SynapticIntelligence tasks)
    {
        using var scope = NewDisposeScope();
        small.ClearGradients();
        small.Model.call(small.Task(1)[0].Input).sum().backward();
        tasks.BeforeStep();
        tasks.AfterStep();
    }

    private static void Refused(Action action)
    {
        var error = Assert.Throws<InvalidOperationException>(action);
        Assert.Contains("BeforeStep", error.Message, StringComparison.Ordinal);
        Assert.Contains("AfterStep", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_task_without_a_step_is_refused()
    {
        using var tasks = new SynapticIntelligence(small.Model);
        Refused(tasks.Consolidate);
        Assert.Equal(0, tasks.Tasks);
        Step(tasks);
        tasks.Consolidate();
        Refused(tasks.Consolidate);
        Assert.Equal(1, tasks.Tasks);
    }

    [Fact]
    public void A_file_knows_whether_a_task_was_begun()
    {
        var path = Path.GetTempFileName();
        try
        {
            using var tasks = new SynapticIntelligence(small.Model);
            tasks.Save(path);
            using var again = new SynapticIntelligence(small.Model);
            Step(again);
            again.Load(path);
            Refused(again.Consolidate);
            Step(tasks);
            tasks.Save(path);
            again.Load(path);
            again.Consolidate();
            Assert.Equal(1, again.Tasks);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
