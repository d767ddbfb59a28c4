using Foof.Cli.Data;
using Foof.Cli.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Models;

/// <summary>
/// VGG-11 for small images: eight convolutions 3x3, and one linear layer after a mean over places (Simonyan &amp; Zisserman 2015,
/// configuration A).
/// </summary>
internal static class Vgg
{
    // Below this side, a map is not pooled any more.
    private const int LeastPooled = 4;

    // Channels of the convolutions between poolings, as multiples of the width.
    private static readonly int[][] Stages =
    [
        [1],
        [2],
        [4, 4],
        [8, 8],
        [8, 8],
    ];

    /// <summary>Makes one for images of a shape.</summary>
    internal static nn.Module<Tensor, Tensor> Build(TrainingSettings settings, ImageShape shape)
    {
        var hasNorm = settings.Norm != ModelOption.NoNorm;
        var (inputs, side, place) = (shape.Channels, shape.Side, 0);
        var parts = new List<(string, nn.Module<Tensor, Tensor>)>();
        foreach (var (stage, multiples) in Stages.Index())
        {
            foreach (var multiple in multiples)
            {
                var outputs = multiple * settings.Width!.Value;
                place++;
                parts.Add(($"convolution{place}", nn.Conv2d(inputs, outputs, 3, padding: 1, bias: !hasNorm)));
                if (hasNorm)
                    parts.Add(($"norm{place}", nn.BatchNorm2d(outputs)));
                parts.Add(($"relu{place}", nn.ReLU()));
                inputs = outputs;
            }
            if (side < LeastPooled)
                continue;
            parts.Add(($"pool{stage + 1}", nn.MaxPool2d(2)));
            side /= 2;
        }
        parts.Add(("pool", nn.AdaptiveAvgPool2d(1)));
        parts.Add(("flatten", nn.Flatten()));
        parts.Add(("linear", nn.Linear(inputs, shape.Classes)));
        return Initialisation.Kaiming(nn.Sequential(parts));
    }
}
