using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.optim.lr_scheduler;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>TorchSharp's schedulers give every group of an optimiser the rate that they give SGD's.</summary>
public sealed class SchedulerTests
{
    private const double First = 0.5;
    private const double Second = 0.125;

    private static readonly Dictionary<string, Func<optim.Optimizer, LRScheduler>> Schedulers = new()
    {
        ["StepLR"] = optimizer => StepLR(optimizer, 2, 0.5),
        ["MultiStepLR"] = optimizer => MultiStepLR(optimizer, [1, 4], 0.1),
        ["ExponentialLR"] = optimizer => ExponentialLR(optimizer, 0.9),
        ["PolynomialLR"] = optimizer => PolynomialLR(optimizer, 6, 2),
        ["ConstantLR"] = optimizer => ConstantLR(optimizer, 0.25, 3),
        ["LinearLR"] = optimizer => LinearLR(optimizer, 0.25, 1, 4),
        ["CosineAnnealingLR"] = optimizer => CosineAnnealingLR(optimizer, 5, 0.01),
        ["LambdaLR"] = optimizer => LambdaLR(optimizer, epoch => 1 / (1.0 + epoch)),
        ["MultiplicativeLR"] = optimizer => MultiplicativeLR(optimizer, _ => 0.7),
        ["OneCycleLR"] = optimizer => OneCycleLR(optimizer, 1.5, 10, cycle_momentum: false),
    };

    public static TheoryData<string> Names => [.. Schedulers.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Rates_are_those_of_SGD(string name)
    {
        using var scope = NewDisposeScope();
        var (model, other) = (Toy.Model(), Toy.Model());
        using var sgd = optim.SGD(other.parameters().Take(2), First);
        sgd.add_param_group(new TorchSharp.Modules.SGD.ParamGroup(other.parameters().Skip(2), lr: Second));
        using var foof = new FoofOptimizer(
            model,
            learningRate: First,
            options: new() { Groups = [new([.. model.parameters().Skip(2)], learningRate: Second)] }
        );
        var (expected, found) = (Schedulers[name](sgd), Schedulers[name](foof));
        for (var epoch = 0; epoch < 7; epoch++)
        {
            Assert.Equal(Rates(sgd), Rates(foof));
            foof.Steps(Toy.Batches(1));
            expected.step();
            found.step();
        }
    }

    private static double[] Rates(optim.Optimizer optimizer) =>
        [.. optimizer.ParamGroups.Select(group => group.LearningRate)];
}
