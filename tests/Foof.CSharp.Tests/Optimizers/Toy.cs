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

    /// <summary>Sixty data points whose class is the largest of their first numbers.</summary>
    internal static (Tensor Inputs, Tensor Targets) Learnable()
    {
        manual_seed(4);
        var inputs = randn(60, Inputs);
        return (inputs, inputs.narrow(1, 0, Classes).argmax(1));
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

    private static readonly UpdateOptions Options = new() { Momentum = Momentum, WeightDecay = Decay };

    /// <summary>The facade's optimisers by name, at the paper's settings and at others.</summary>
    internal static readonly Dictionary<string, Func<nn.Module<Tensor, Tensor>, CurvatureOptimizer>> Facades = new()
    {
        ["foof"] = m => new FoofOptimizer(m, learningRate: Rate, options: Options),
        ["foof, other settings"] = m => new FoofOptimizer(
            m,
            Loss.CrossEntropy,
            Rate,
            0.1,
            new()
            {
                InvertEvery = 3,
                StatisticsSteps = 2,
                WarmUpBatches = 2,
            },
            Options
        ),
        ["foof, delayed"] = m => new FoofOptimizer(
            m,
            learningRate: Rate,
            schedule: new()
            {
                InvertEvery = 3,
                StatisticsSteps = 2,
                WarmUpBatches = 2,
                InverseDelay = 3,
            },
            options: Options
        ),
        ["kfac"] = m => new KfacOptimizer(m, learningRate: Rate, options: Options),
        ["kfac-standard"] = m => new KfacOptimizer(
            m,
            learningRate: Rate,
            dampingRule: KfacDamping.Standard,
            options: Options
        ),
        ["kfac-reduce"] = m => new KfacOptimizer(m, learningRate: Rate, sharing: KfacSharing.Reduce, options: Options),
        ["ekfac"] = m => new EkfacOptimizer(m, learningRate: Rate, options: Options),
        ["natural"] = m => new NaturalGradientOptimizer(m, learningRate: Rate, options: Options),
        ["natural-full"] = m => new NaturalGradientOptimizer(
            m,
            learningRate: Rate,
            fisher: NaturalGradientFisher.Ggn,
            options: Options
        ),
        ["natural-blocks"] = m => new NaturalGradientOptimizer(
            m,
            learningRate: Rate,
            fisher: NaturalGradientFisher.Blocks,
            options: Options
        ),
        ["shampoo"] = m => new ShampooOptimizer(m, learningRate: Rate, options: Options),
        ["eva"] = m => new EvaOptimizer(m, learningRate: Rate, options: Options),
    };

    /// <summary>The core's method that an optimiser of the facade stands for.</summary>
    internal static Recipe Method(string name) =>
        name switch
        {
            "foof, other settings" => Methods.foof.WithDamping(0.1).WithCadence(3, 2).WithWarmUp(2),
            "foof, delayed" => Methods.foof.WithCadence(3, 2).WithWarmUp(2).WithInverseDelay(3),
            _ => Methods.all.Single(method => method.Name == name),
        };

    /// <summary>All weights, to compare to the bit.</summary>
    internal static float[] Weights(nn.Module model) =>
        [.. model.parameters().SelectMany(parameter => parameter.detach().cpu().contiguous().data<float>().ToArray())];

    /// <summary>One step on each batch.</summary>
    internal static void Steps(this CurvatureOptimizer optimizer, IEnumerable<(Tensor Input, Tensor Target)> batches)
    {
        foreach (var (input, target) in batches)
            optimizer.Step(input, target).Dispose();
    }
}
