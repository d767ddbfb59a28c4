using Foof.Cli.Data;
using Foof.Cli.Models;
using Foof.Cli.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Cli.Bench;

/// <summary>A network to measure steps on, with random data of its shape.</summary>
/// <param name="Settings">The network and its options.</param>
/// <param name="Shape">The shape of its images.</param>
/// <param name="Period">T of the rows that are amortised.</param>
internal sealed record StepModel(TrainingSettings Settings, ImageShape Shape, int Period)
{
    private const int PaperPeriod = 100;

    // The paper's period for its large networks.
    private const int LargePeriod = 500;

    /// <summary>Whether the network is so large that a step takes seconds.</summary>
    internal bool IsLarge => Period == LargePeriod;

    private static readonly ImageShape Cifar = new(3, 32, 32, 10);

    /// <summary>All networks; the first one is the default.</summary>
    internal static IReadOnlyList<StepModel> All { get; } =
    [
        Usual("mlp"),
        Usual("cnn"),
        new(Of("resnet18"), Cifar, LargePeriod),
        Usual("autoencoder"),
        Usual("wrn"),
        new(Of("vit") with { Depth = 4, Width = 128 }, ImageShape.FashionMnist, PaperPeriod),
        Usual("gnn"),
        Usual("rnn"),
        Usual("vgg"),
    ];

    /// <summary>The network.</summary>
    internal ModelKind Kind => ModelKind.Find(Settings.Model);

    /// <summary>Makes it, with fresh random weights.</summary>
    internal nn.Module<Tensor, Tensor> Make() => ModelKind.Build(Settings, Shape);

    private static StepModel Usual(string name) => new(Of(name), ImageShape.FashionMnist, PaperPeriod);

    private static TrainingSettings Of(string name) => new() { Model = name };

    /// <summary>A batch of random images and its target, which belong to the caller's scope.</summary>
    internal (Tensor Input, Tensor Target) Batch(int size, Device? device = null)
    {
        var images = randn(Shape.Of(size), device: device);
        var labels = randint(Shape.Classes, [size], device: device);
        return (images, Kind.Target(images, labels, PixelScale.Standardised));
    }

    /// <summary>
    /// The floating-point operations of a forward and a backward pass for a data point: two for each weight and
    /// position, in the forward pass, for the weight's gradient and, except in the first layer, for the input's.
    /// </summary>
    internal double FlopsOfDataPoint()
    {
        using var scope = NewDisposeScope();
        using var model = Make();
        using var unrecorded = no_grad();
        var forward = new List<double>();
        foreach (var (_, module) in model.named_modules())
            if (module is nn.Module<Tensor, Tensor> layer and (Linear or Conv2d))
                layer.register_forward_hook(
                    (_, _, output) =>
                    {
                        var weight = layer.get_parameter("weight")!;
                        forward.Add(2.0 * output.numel() * weight.numel() / weight.shape[0]);
                        return output;
                    }
                );
        model.call(Batch(1).Input);
        return 3 * forward.Sum() - forward[0];
    }
}
