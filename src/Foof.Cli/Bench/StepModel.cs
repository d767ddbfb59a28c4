using Foof.Cli.Data;
using Foof.Cli.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Cli.Bench;

/// <summary>A network to measure steps on, with random data of its shape.</summary>
/// <param name="Kind">The network.</param>
/// <param name="ImageShape">Channels, height and width of its images.</param>
/// <param name="Period">T of the rows that are amortised.</param>
internal sealed record StepModel(ModelKind Kind, long[] ImageShape, int Period)
{
    private const int PaperPeriod = 100;

    // The paper's period for its large networks.
    private const int LargePeriod = 500;

    /// <summary>Whether the network is so large that a step takes seconds.</summary>
    internal bool IsLarge => Period == LargePeriod;

    private static readonly long[] FashionMnist = [1, 28, 28];
    private static readonly long[] Cifar = [3, 32, 32];

    /// <summary>All networks; the first one is the default.</summary>
    internal static IReadOnlyList<StepModel> All { get; } =
    [
        new(ModelKind.Find("mlp"), FashionMnist, PaperPeriod),
        new(ModelKind.Find("cnn"), FashionMnist, PaperPeriod),
        new(new("resnet18", () => ResNet18.Build(channels: 3)), Cifar, LargePeriod),
        new(ModelKind.Find("autoencoder"), FashionMnist, PaperPeriod),
    ];

    /// <summary>A batch of random images and its target, which belong to the caller's scope.</summary>
    internal (Tensor Input, Tensor Target) Batch(int size, Device? device = null)
    {
        var images = randn([size, .. ImageShape], device: device);
        var labels = randint(ImageSet.Classes, [size], device: device);
        return (images, Kind.Target(images, labels, PixelScale.Standardised));
    }

    /// <summary>
    /// The floating-point operations of a forward and a backward pass for a data point: two for each weight and
    /// position, in the forward pass, for the weight's gradient and, except in the first layer, for the input's.
    /// </summary>
    internal double FlopsOfDataPoint()
    {
        using var scope = NewDisposeScope();
        using var model = Kind.Make();
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
