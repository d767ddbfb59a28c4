using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>
/// The optimisers replace TorchSharp's own, in programs as TorchSharp's users write them.
/// </summary>
public sealed class TorchSharpTests
{
    private sealed class Net : nn.Module<Tensor, Tensor>
    {
        private readonly Sequential features = nn.Sequential(
            ("conv", nn.Conv2d(1, 4, 3)),
            ("norm", nn.BatchNorm2d(4)),
            ("relu", nn.ReLU()),
            ("flat", nn.Flatten())
        );
        private readonly Dropout drop = nn.Dropout(0.1);
        private readonly Linear head = nn.Linear(4 * 4, 3);

        internal Net()
            : base(nameof(Net)) => RegisterComponents();

        public override Tensor forward(Tensor input) => head.call(drop.call(features.call(input)));
    }

    private sealed class Images : utils.data.Dataset
    {
        private readonly Tensor images = randn(24, 1, 4, 4).DetachFromDisposeScope();
        private readonly Tensor labels = arange(24).remainder(3).DetachFromDisposeScope();

        public override long Count => 24;

        public override Dictionary<string, Tensor> GetTensor(long index) =>
            new() { ["image"] = images[index], ["label"] = labels[index] };

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                images.Dispose();
                labels.Dispose();
            }
            base.Dispose(disposing);
        }
    }

    private static void Epoch(Net model, optim.Optimizer optimizer, DataLoader batches)
    {
        foreach (var batch in batches)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            nn.functional.cross_entropy(model.call(batch["image"]), batch["label"]).backward();
            optimizer.step();
        }
    }

    [Fact]
    public void A_module_of_ones_own_learns_from_a_loader_and_continues_from_files()
    {
        using var scope = NewDisposeScope();
        using var folder = new Folder();
        manual_seed(1);
        using var images = new Images();
        using var batches = utils.data.DataLoader(images, 8, shuffle: false, device: CPU);
        using var model = new Net();
        using var optimizer = new FoofOptimizer(
            model,
            learningRate: 0.1,
            schedule: new() { InvertEvery = 2 },
            options: new() { Momentum = 0.5 }
        );
        var schedule = optim.lr_scheduler.StepLR(optimizer, step_size: 1, gamma: 0.5);
        Epoch(model, optimizer, batches);
        schedule.step();
        model.save(folder["model"]);
        optimizer.Save(folder["optimizer"]);

        using var resumed = new Net();
        resumed.load(folder["model"]);
        using var again = new FoofOptimizer(
            resumed,
            learningRate: 0.1,
            schedule: new() { InvertEvery = 2 },
            options: new() { Momentum = 0.5 }
        );
        again.Load(folder["optimizer"]);
        Assert.Equal(0.05, again.LearningRate);
        foreach (var (net, by) in new[] { (model, optimizer), (resumed, again) })
        {
            manual_seed(2);
            Epoch(net, by, batches);
        }
        Assert.Equal(Toy.Weights(model), Toy.Weights(resumed));
    }

    [Fact]
    public void A_step_of_the_ordinary_loop_leaves_no_tensor_where_the_loop_frees_its_own()
    {
        using var model = Toy.Model();
        using var optimizer = new FoofOptimizer(
            model,
            schedule: new() { InvertEvery = 2, WarmUpBatches = 1 },
            options: new() { Momentum = 0.5 }
        );
        var batches = Toy.Batches(6);
        void Run()
        {
            foreach (var (input, target) in batches)
            {
                optimizer.zero_grad();
                using var output = model.call(input);
                using var loss = nn.functional.cross_entropy(output, target);
                loss.backward();
                optimizer.step();
            }
        }
        Run();
        var before = LiveTensors.Settled();
        Run();
        Assert.Equal(before, Tensor.TotalCount);
        foreach (var (input, target) in batches)
        {
            input.Dispose();
            target.Dispose();
        }
    }

    [Fact]
    public void A_step_of_its_own_leaves_no_gradient_and_the_result_is_freed()
    {
        using var model = Toy.Model();
        using var optimizer = new KfacOptimizer(model);
        var (input, target) = Toy.Batches(1)[0];
        optimizer.Step(input, target).Dispose();
        var before = LiveTensors.Settled();
        using (var step = optimizer.Step(input, target))
            Assert.True(Tensor.TotalCount > before);
        Assert.Equal(before, Tensor.TotalCount);
        Assert.All(model.parameters(), parameter => Assert.Null(parameter.grad));
        input.Dispose();
        target.Dispose();
    }

    [Fact]
    public void Gradients_are_zero_when_they_are_set_to_zero()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        using var optimizer = new FoofOptimizer(model);
        var (input, target) = Toy.Batches(1)[0];
        nn.functional.cross_entropy(model.call(input), target).backward();
        optimizer.zero_grad();
        Assert.All(model.parameters(), parameter => Assert.Equal(0, parameter.grad!.abs().sum().item<float>()));
    }

    private static readonly Dictionary<string, Action<CurvatureOptimizer, Tensor, Tensor>> Calls = new()
    {
        ["Step"] = (optimizer, input, target) => optimizer.Step(input, target),
        ["zero_grad"] = (optimizer, _, _) => optimizer.zero_grad(),
        ["step"] = (optimizer, _, _) => optimizer.step(),
        ["UpdateCurvature"] = (optimizer, input, target) => optimizer.UpdateCurvature(input, target),
        ["WarmUp"] = (optimizer, input, _) => optimizer.WarmUp([input]),
    };

    public static TheoryData<string> Names => [.. Calls.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_model_that_is_converted_after_the_optimiser_was_made_is_refused(string name)
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        using var optimizer = new FoofOptimizer(model);
        var (input, target) = Toy.Batches(1)[0];
        model.to(ScalarType.Float64);
        var error = Assert.Throws<InvalidOperationException>(() =>
            Calls[name](optimizer, input.to(ScalarType.Float64), target)
        );
        Assert.StartsWith("FoofOptimizer was made for parameters that the model no longer has", error.Message);
        using var fresh = new FoofOptimizer(model);
        fresh.Step(input.to(ScalarType.Float64), target).Dispose();
    }

    [Fact]
    public void A_model_that_is_converted_after_the_preconditioner_was_made_is_refused()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        using var preconditioner = new FoofPreconditioner(model);
        model.to(ScalarType.Float64);
        var error = Assert.Throws<InvalidOperationException>(preconditioner.Precondition);
        Assert.StartsWith("FoofPreconditioner was made for parameters", error.Message);
    }
}
