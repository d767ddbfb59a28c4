using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>A model that was disposed of before what was made for it.</summary>
public sealed class ModelGoneTests
{
    [Fact]
    public void What_needs_no_model_remains_and_the_rest_names_the_reason()
    {
        using var scope = NewDisposeScope();
        var problem = new SmallProblem();
        var posterior = problem.Fit();
        var tasks = new ElasticWeightConsolidation(problem.Model, Loss.CrossEntropy);
        var path = new SynapticIntelligence(problem.Model);
        tasks.Consolidate(problem.Batches);
        var (text, taskText, input) = (posterior.ToString(), tasks.ToString(), problem.Input.clone());
        problem.Dispose();
        Assert.Equal((text, taskText), (posterior.ToString(), tasks.ToString()));
        Assert.Equal(2, posterior.Sample(1).Length);
        posterior.TuneByEvidence();
        Action[] calls =
        [
            () => posterior.Predict(input),
            () => posterior.Update([(input, null)]),
            () => posterior.Save("none"),
            () => tasks.Save("none"),
            () => tasks.Penalty(),
            () => tasks.Consolidate([(input, null)]),
            path.BeforeStep,
        ];
        foreach (var call in calls)
            Assert.Contains(
                "parameters that the model no longer has",
                Assert.Throws<InvalidOperationException>(call).Message,
                StringComparison.Ordinal
            );
        foreach (var each in new IDisposable[] { posterior, tasks, path, posterior, tasks, path })
            each.Dispose();
    }

    [Fact]
    public void Arguments_that_are_refused_leave_no_tensor()
    {
        using var problem = new SmallProblem();
        Action[] refused =
        [
            () => _ = new SynapticIntelligence(problem.Model, xi: -1),
            () => _ = new SynapticIntelligence(problem.Model, strength: -1),
            () => _ = new ElasticWeightConsolidation(problem.Model, Loss.CrossEntropy, new() { Strength = -1 }),
            () => _ = new FoofOptimizer(problem.Model, damping: -1),
            () => _ = new FoofPreconditioner(problem.Model, damping: -1),
        ];
        foreach (var make in refused)
        {
            _ = Assert.Throws<ArgumentException>(make);
            var live = LiveTensors.Settled();
            _ = Assert.Throws<ArgumentException>(make);
            Assert.Equal(live, Tensor.TotalCount);
        }
    }
}
