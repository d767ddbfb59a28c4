using Foof.Cli.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Models;

/// <summary>
/// ResNet-18 for small images: its first layer is a convolution 3x3 without pooling (He et al. 2016).
/// </summary>
internal static class ResNet18
{
    private static readonly int[] Widths = [64, 128, 256, 512];

    /// <summary>Makes one for images of some channels.</summary>
    internal static nn.Module<Tensor, Tensor> Build(int channels)
    {
        var inputs = Widths[0];
        var model = nn.Sequential(
            ("convolution", nn.Conv2d(channels, inputs, 3, padding: 1, bias: false)),
            ("norm", nn.BatchNorm2d(inputs)),
            ("relu", nn.ReLU())
        );
        foreach (var (stage, outputs) in Widths.Index())
        {
            model.append($"stage{stage + 1}_block1", new ResidualBlock(inputs, outputs, stage == 0 ? 1 : 2));
            model.append($"stage{stage + 1}_block2", new ResidualBlock(outputs, outputs, 1));
            inputs = outputs;
        }
        model.append("pool", nn.AdaptiveAvgPool2d(1));
        model.append("flatten", nn.Flatten());
        model.append("linear", nn.Linear(inputs, ImageSet.Classes));
        return Initialisation.Kaiming(model);
    }
}
