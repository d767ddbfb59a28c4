using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>The facade adds no arithmetic: its steps are the core's, to the bit.</summary>
public sealed class EqualityTests
{
    private const int Count = 12;

    public static TheoryData<string> Names => [.. Toy.Facades.Keys];

    private static float[] ByCore(string name)
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        var batches = Toy.Batches(Count);
        manual_seed(3);
        using var optimizer = new Optimizer(
            model,
            Toy.Method(name),
            Likelihood.Categorical,
            Toy.Rate,
            Toy.Momentum,
            Toy.Decay
        );
        foreach (var (input, target) in batches)
            optimizer.Step(input, target);
        return Toy.Weights(model);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Steps_are_the_cores_to_the_bit(string name)
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        var batches = Toy.Batches(Count);
        manual_seed(3);
        using var optimizer = Toy.Facades[name](model);
        var before = Toy.Weights(model);
        optimizer.Steps(batches);
        Assert.NotEqual(before, Toy.Weights(model));
        Assert.Equal(ByCore(name), Toy.Weights(model));
        Assert.Equal(Count, optimizer.BatchesSeen);
    }

    [Fact]
    public void The_ordinary_loop_gives_the_cores_weights_to_the_bit()
    {
        using var scope = NewDisposeScope();
        float[] Run(Func<nn.Module<Tensor, Tensor>, optim.Optimizer> make)
        {
            var model = Toy.Model();
            var batches = Toy.Batches(Count);
            using var optimizer = make(model);
            foreach (var (input, target) in batches)
            {
                optimizer.zero_grad();
                nn.functional.cross_entropy(model.call(input), target).backward();
                optimizer.step();
            }
            return Toy.Weights(model);
        }
        Assert.Equal(
            Run(m => new Optimizer(m, Methods.foof, Likelihood.Categorical, Toy.Rate)),
            Run(m => new FoofOptimizer(m, learningRate: Toy.Rate))
        );
    }

    [Fact]
    public void A_step_returns_the_loss_and_the_output_before_its_update()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        var (input, target) = Toy.Batches(1)[0];
        var output = model.call(input).detach();
        var loss = nn.functional.cross_entropy(output, target).item<float>();
        using var optimizer = new FoofOptimizer(model);
        using var step = optimizer.Step(input, target);
        Assert.Equal(loss, step.ReadLoss(), 6);
        Assert.True(step.Output.equal(output).all().item<bool>());
    }

    [Fact]
    public void Every_loss_is_the_one_that_its_documentation_describes()
    {
        using var scope = NewDisposeScope();
        var model = nn.Linear(2, 1);
        var (input, target) = (randn(5, 2), ones(5, 1));
        var output = model.call(input).detach();
        (Loss, Tensor)[] expected =
        [
            (Loss.SquaredError, (output - target).square().mul(0.5)),
            (Loss.BinaryCrossEntropy, output.exp().log1p() - output * target),
            (Loss.Poisson, output.exp() - output * target),
        ];
        foreach (var (loss, values) in expected)
        {
            using var optimizer = new FoofOptimizer(model, loss, learningRate: 1e-30);
            using var step = optimizer.Step(input, target);
            Assert.Equal(values.mean().item<float>(), step.ReadLoss(), 5);
        }
    }

    [Fact]
    public void Optimisers_leave_no_tensors_behind()
    {
        // Made once: TorchSharp counts a parameter twice when it is made and once when it is freed.
        using var model = Toy.Model();
        void Run()
        {
            using var scope = NewDisposeScope();
            using var optimizer = new KfacOptimizer(model);
            optimizer.Steps(Toy.Batches(3));
        }
        Run();
        var before = LiveTensors.Settled();
        Run();
        Assert.Equal(before, Tensor.TotalCount);
    }
}
