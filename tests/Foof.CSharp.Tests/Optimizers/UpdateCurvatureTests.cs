using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>The ordinary loop, with methods made of errors.</summary>
public sealed class UpdateCurvatureTests
{
    private const double Rate = 0.05;

    public static TheoryData<string> MadeOfErrors =>
        ["kfac", "kfac-standard", "kfac-reduce", "ekfac", "natural", "natural-full", "natural-blocks", "eva"];

    private static void Backward(nn.Module<Tensor, Tensor> model, Tensor input, Tensor target)
    {
        model.zero_grad();
        nn.functional.cross_entropy(model.call(input), target).backward();
    }

    [Theory]
    [MemberData(nameof(MadeOfErrors))]
    public void The_next_step_uses_the_curvature_of_the_batch(string name)
    {
        using var scope = NewDisposeScope();
        var (model, other) = (Toy.Model(), Toy.Model());
        var batches = Toy.Batches(4);
        manual_seed(5);
        using var optimizer = Toy.Facades[name](model);
        (optimizer.Momentum, optimizer.LearningRate) = (0, Rate);
        manual_seed(5);
        using var expected = new Preconditioner(other, Toy.Method(name), Likelihood.Categorical)
        {
            LearningRate = Rate,
        };
        foreach (var (input, target) in batches)
        {
            optimizer.UpdateCurvature(input, target);
            Backward(model, input, target);
            optimizer.step();
            expected.UpdateCurvature(input, target);
            Backward(other, input, target);
            expected.Precondition();
            using (no_grad())
                foreach (var parameter in other.parameters())
                    parameter.mul_(1 - Rate * Toy.Decay).sub_(parameter.grad! * Rate);
        }
        Agree(Toy.Weights(other), Toy.Weights(model));
    }

    // A momentum of zero leaves the order of two roundings.
    private static void Agree(float[] expected, float[] actual)
    {
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-5f);
    }

    [Fact]
    public void Neither_weights_nor_gradients_nor_the_position_change()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        var (input, target) = Toy.Batches(1)[0];
        using var optimizer = new KfacOptimizer(model);
        var before = Toy.Weights(model);
        optimizer.UpdateCurvature(input);
        optimizer.UpdateCurvature(input, target);
        Assert.Equal(before, Toy.Weights(model));
        Assert.All(model.parameters(), parameter => Assert.Null(parameter.grad));
        Assert.Equal(0, optimizer.BatchesSeen);
    }

    [Fact]
    public void What_was_seen_is_in_the_file()
    {
        using var scope = NewDisposeScope();
        var (model, other) = (Toy.Model(), Toy.Model());
        var (input, target) = Toy.Batches(1)[0];
        using var optimizer = new EkfacOptimizer(model);
        optimizer.UpdateCurvature(input, target);
        using var again = new EkfacOptimizer(other);
        again.Restore(optimizer.State());
        Backward(model, input, target);
        Backward(other, input, target);
        optimizer.step();
        again.step();
        Assert.Equal(Toy.Weights(model), Toy.Weights(other));
    }

    [Fact]
    public void A_method_made_of_gradients_refuses_it()
    {
        using var scope = NewDisposeScope();
        var (input, target) = Toy.Batches(1)[0];
        using var optimizer = new ShampooOptimizer(Toy.Model());
        var error = Assert.Throws<InvalidOperationException>(() => optimizer.UpdateCurvature(input, target));
        Assert.Contains("gradients", error.Message);
    }

    [Fact]
    public void Mistakes_are_refused()
    {
        using var scope = NewDisposeScope();
        var (input, target) = Toy.Batches(1)[0];
        var optimizer = new KfacOptimizer(Toy.Model());
        Assert.Throws<ArgumentNullException>(() => optimizer.UpdateCurvature(null!));
        var error = Assert.Throws<ArgumentException>(() =>
            optimizer.UpdateCurvature(input.to(ScalarType.Float64), target)
        );
        Assert.Contains("Float64", error.Message);
        Assert.Contains("Float32", error.Message);
        optimizer.UpdateCurvature(input, target);
        optimizer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => optimizer.UpdateCurvature(input, target));
    }
}
