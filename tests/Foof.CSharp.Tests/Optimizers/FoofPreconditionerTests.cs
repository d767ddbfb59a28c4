using TorchSharp;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>FOOF's directions as the gradients of another optimiser.</summary>
public sealed class FoofPreconditionerTests
{
    private const int Count = 12;
    private const double Rate = 0.05;

    private static void Backward(nn.Module<Tensor, Tensor> model, Tensor input, Tensor target)
    {
        model.zero_grad();
        nn.functional.cross_entropy(model.call(input), target).backward();
    }

    [Fact]
    public void Before_plain_SGD_it_is_the_optimiser()
    {
        using var scope = NewDisposeScope();
        var batches = Toy.Batches(Count);
        var (one, other) = (Toy.Model(), Toy.Model());
        var schedule = new CurvatureSchedule
        {
            InvertEvery = 3,
            StatisticsSteps = 2,
            WarmUpBatches = 4,
        };
        using var optimizer = new FoofOptimizer(one, learningRate: Rate, damping: 0.1, schedule: schedule);
        using var preconditioner = new FoofPreconditioner(other, damping: 0.1, schedule: schedule);
        using var sgd = optim.SGD(other.parameters(), Rate);
        var before = Toy.Weights(other);
        foreach (var (input, target) in batches)
        {
            Backward(one, input, target);
            optimizer.step();
            Backward(other, input, target);
            preconditioner.Precondition();
            sgd.step();
        }
        Assert.Equal(Count, preconditioner.BatchesSeen);
        Assert.Equal(optimizer.Coverage, preconditioner.Coverage, (x, y) => x.ToString() == y.ToString());
        Assert.NotEqual(before, Toy.Weights(other));
        foreach (var (x, y) in Toy.Weights(one).Zip(Toy.Weights(other)))
            Assert.Equal(x, y, 1e-6f);
    }

    [Fact]
    public void Weights_that_are_not_selected_keep_their_gradients()
    {
        using var scope = NewDisposeScope();
        var model = nn.Sequential(("in", nn.Linear(3, 4)), ("out", nn.Linear(4, 2)));
        using var preconditioner = new FoofPreconditioner(
            model,
            select: (name, _) => name.StartsWith("in", StringComparison.Ordinal)
        );
        Backward(model, randn(5, 3), zeros(5, ScalarType.Int64));
        var before = model.parameters().Select(own => own.grad!.clone()).ToArray();
        preconditioner.Precondition();
        var same = model.parameters().Zip(before, (own, old) => own.grad!.equal(old).all().ToBoolean());
        Assert.Equal([false, false, true, true], same);
        Assert.Equal([true, false], preconditioner.Coverage.Select(line => line.Treatment.IsPreconditioned).Distinct());
    }

    [Fact]
    public void Mistakes_are_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentNullException>(() => new FoofPreconditioner(null!));
        var model = nn.Linear(3, 2);
        Assert.Throws<ArgumentException>(() => new FoofPreconditioner(model, damping: 0));
        var none = Assert.Throws<ArgumentException>(() => new FoofPreconditioner(nn.Sequential(nn.ReLU())));
        Assert.Contains(nameof(FoofPreconditioner), none.Message);
        var preconditioner = new FoofPreconditioner(model);
        var early = Assert.Throws<InvalidOperationException>(preconditioner.Precondition);
        Assert.Contains("call backward()", early.Message);

        Backward(model, randn(5, 3), zeros(5, ScalarType.Int64));
        using (no_grad())
            model.weight!.grad!.fill_(double.NaN);
        Assert.Throws<NumericalFailure>(preconditioner.Precondition);
        Assert.Equal(0, preconditioner.BatchesSeen);
        preconditioner.Dispose();
        preconditioner.Dispose();
        Assert.Throws<ObjectDisposedException>(preconditioner.Precondition);
    }
}
