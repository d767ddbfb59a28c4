using Foof.Cli.Data;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Cli.Models;

/// <summary>
/// ResNet-18 for small images: its first layer is a convolution 3x3 without pooling (He et al. 2016).
/// </summary>
internal static class ResNet18
{
    private static readonly int[] Widths = [64, 128, 256, 512];

    /// <summary>Makes one for images of a shape.</summary>
    internal static nn.Module<Tensor, Tensor> Build(ImageShape shape)
    {
        var inputs = Widths[0];
        var model = nn.Sequential(
            ("convolution", nn.Conv2d(shape.Channels, inputs, 3, padding: 1, bias: false)),
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
        model.append("linear", nn.Linear(inputs, shape.Classes));
        return Initialisation.Kaiming(model);
    }
}

/// <summary>Two convolutions 3x3 with batch norms and a shortcut (He et al. 2016, fig. 2).</summary>
internal sealed class ResidualBlock : nn.Module<Tensor, Tensor>
{
    private readonly Conv2d convolution1;
    private readonly Conv2d convolution2;
    private readonly BatchNorm2d norm1;
    private readonly BatchNorm2d norm2;
    private readonly Sequential? shortcut;

    /// <summary>Makes a block. If the shape changes, the shortcut is a convolution 1x1.</summary>
    internal ResidualBlock(int inputs, int outputs, int stride)
        : base(nameof(ResidualBlock))
    {
        convolution1 = nn.Conv2d(inputs, outputs, 3, stride: stride, padding: 1, bias: false);
        norm1 = nn.BatchNorm2d(outputs);
        convolution2 = nn.Conv2d(outputs, outputs, 3, padding: 1, bias: false);
        norm2 = nn.BatchNorm2d(outputs);
        if (stride != 1 || inputs != outputs)
            shortcut = nn.Sequential(
                ("convolution", nn.Conv2d(inputs, outputs, 1, stride: stride, bias: false)),
                ("norm", nn.BatchNorm2d(outputs))
            );
        RegisterComponents();
    }

    /// <summary>relu(block(x) + x).</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var inner = nn.functional.relu(norm1.call(convolution1.call(input)));
        var around = shortcut?.call(input) ?? input;
        return scope.MoveToOuter(nn.functional.relu(norm2.call(convolution2.call(inner)) + around));
    }
}
