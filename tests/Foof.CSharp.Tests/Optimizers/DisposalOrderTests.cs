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
        var error = Assert.Throws<InvalidOperationException>(() => optimizer.Steps(batch));
        Assert.Contains("parameters that the model no longer has", error.Message, StringComparison.Ordinal);
        optimizer.Dispose();
        optimizer.Dispose();
        _ = Assert.Throws<ObjectDisposedException>(() => optimizer.Steps(batch));
    }

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
