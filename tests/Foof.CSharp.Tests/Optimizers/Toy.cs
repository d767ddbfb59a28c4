using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>A small classifier, its batches, and every optimiser for it.</summary>
internal static class Toy
{
    internal const int Classes = 3;
    private const int Inputs = 6;
    private const int Rows = 10;

    internal static nn.Module<Tensor, Tensor> Model()
    {
        manual_seed(1);
        return nn.Sequential(nn.Linear(Inputs, 8), nn.ReLU(), nn.Linear(8, Classes));
    }

    internal static (Tensor Input, Tensor Target)[] Batches(int count)
    {
        manual_seed(2);
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(_ => (randn(Rows, Inputs), randint(0, Classes, [Rows], dtype: ScalarType.Int64))),
        ];
    }

    internal const double Rate = 0.05;
    internal const double Momentum = 0.8;
    internal const double Decay = 0.01;

    /// <summary>The facade's optimisers by name, at the paper's settings and at others.</summary>
    internal static readonly Dictionary<string, Func<nn.Module<Tensor, Tensor>, CurvatureOptimizer>> Facades =
        new()
        {
            ["foof"] = m => new FoofOptimizer(m, learningRate: Rate, momentum: Momentum, weightDecay: Decay),
            ["foof, other settings"] = m => new FoofOptimizer(
                m,
                Loss.CrossEntropy,
                Rate,
                0.1,
                Momentum,
                Decay,
                invertEvery: 3,
                statisticsSteps: 2,
                warmUpBatches: 2
            ),
            ["kfac"] = m => new KfacOptimizer(m, learningRate: Rate, momentum: Momentum, weightDecay: Decay),
            ["kfac-standard"] = m => new KfacOptimizer(
                m,
                learningRate: Rate,
                dampingRule: KfacDamping.Standard,
                momentum: Momentum,
                weightDecay: Decay
            ),
            ["kfac-reduce"] = m => new KfacOptimizer(
                m,
                learningRate: Rate,
                sharing: KfacSharing.Reduce,
                momentum: Momentum,
                weightDecay: Decay
            ),
            ["ekfac"] = m => new EkfacOptimizer(
                m,
                learningRate: Rate,
                momentum: Momentum,
                weightDecay: Decay
            ),
            ["natural"] = m => new NaturalGradientOptimizer(
                m,
                learningRate: Rate,
                momentum: Momentum,
                weightDecay: Decay
            ),
            ["natural-full"] = m => new NaturalGradientOptimizer(
                m,
                learningRate: Rate,
                fisher: NaturalGradientFisher.Full,
                momentum: Momentum,
                weightDecay: Decay
            ),
            ["natural-blocks"] = m => new NaturalGradientOptimizer(
                m,
                learningRate: Rate,
                fisher: NaturalGradientFisher.Blocks,
                momentum: Momentum,
                weightDecay: Decay
            ),
            ["shampoo"] = m => new ShampooOptimizer(
                m,
                learningRate: Rate,
                momentum: Momentum,
                weightDecay: Decay
            ),
            ["eva"] = m => new EvaOptimizer(m, learningRate: Rate, momentum: Momentum, weightDecay: Decay),
        };

    /// <summary>The core's method that an optimiser of the facade stands for.</summary>
    internal static Recipe Method(string name) =>
        name == "foof, other settings"
            ? Methods.foof.WithDamping(0.1).WithCadence(3, 2).WithWarmUp(2)
            : Methods.all.Single(method => method.Name == name);

    /// <summary>All weights, to compare to the bit.</summary>
    internal static float[] Weights(nn.Module model) =>
        [
            .. model
                .parameters()
                .SelectMany(parameter => parameter.detach().cpu().contiguous().data<float>().ToArray()),
        ];

    /// <summary>One step on each batch.</summary>
    internal static void Steps(
        this CurvatureOptimizer optimizer,
        IEnumerable<(Tensor Input, Tensor Target)> batches
    )
    {
        foreach (var (input, target) in batches)
            optimizer.Step(input, target).Dispose();
    }
}
