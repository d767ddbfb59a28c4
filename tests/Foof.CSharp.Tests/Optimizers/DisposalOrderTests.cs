using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>A model and what was made for it are freed in any order.</summary>
public sealed class DisposalOrderTests
{
    public static TheoryData<string> Names => [.. Toy.Facades.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_model_may_go_before_its_optimiser(string name)
    {
        using var scope = NewDisposeScope();
        var batch = Toy.Batches(1);
        var model = Toy.Model();
        var optimizer = Toy.Facades[name](model);
        optimizer.Steps(batch);
        model.Dispose();
        Action[] calls = [() => optimizer.Steps(batch), () => optimizer.Save("none"), () => optimizer.Load("none")];
        foreach (var call in calls)
            IsRefused(call);
        optimizer.Dispose();
        optimizer.Dispose();
        _ = Assert.Throws<ObjectDisposedException>(() => optimizer.Steps(batch));
    }

    [Fact]
    public void A_converted_model_leaves_its_curvature_without_weights()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        var (input, target) = Toy.Batches(1)[0];
        using var curvature = CurvatureMatrix.Fisher(model, Loss.CrossEntropy, input);
        using var damped = curvature.Damped(0.1);
        using var influence = new InfluenceFunction(curvature, 0.1);
        var vector = curvature.Weights();
        _ = model.to(ScalarType.Float64);
        Action[] calls =
        [
            () => curvature.Weights(),
            () => curvature.Gradients(),
            () => curvature.Gradient(input, target),
            () => curvature.Split(vector),
            () => curvature.TopEigenvalues(),
            () => damped.Sample(),
            () => influence.OfWeightDecay(),
            () => influence.Hypergradient(input, target),
            () => influence.OfPoints(input, target, input, target),
        ];
        foreach (var call in calls)
            IsRefused(call);
        // What needs no weights remains.
        _ = damped.Solve(curvature.Multiply(vector));
        Assert.True(curvature.Trace > 0);
    }

    private static void IsRefused(Action call) =>
        Assert.Contains(
            "parameters that the model no longer has",
            Assert.Throws<InvalidOperationException>(call).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Two_optimisers_of_one_model_do_not_disturb_each_other()
    {
        using var scope = NewDisposeScope();
        var batches = Toy.Batches(4);
        var (model, other) = (Toy.Model(), Toy.Model());
        using var alone = new FoofOptimizer(other);
        using var foof = new FoofOptimizer(model);
        // It sees all batches, and is disposed in the middle.
        using (new KfacOptimizer(model))
        {
            alone.Steps(batches[..2]);
            foof.Steps(batches[..2]);
        }
        alone.Steps(batches[2..]);
        foof.Steps(batches[2..]);
        Assert.Equal(Toy.Weights(other), Toy.Weights(model));
    }
}
