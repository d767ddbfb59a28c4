using Foof.Cli.Data;
using Foof.Cli.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Cli.Models;

/// <summary>
/// A wide residual network WRN-depth-width: three groups of blocks with 16, 32 and 64 times the width channels
/// (Zagoruyko &amp; Komodakis 2016).
/// </summary>
internal static class WideResNet
{
    private const int Narrowest = 16;
    private const int Groups = 3;

    /// <summary>Makes one for images of a shape.</summary>
    internal static nn.Module<Tensor, Tensor> Build(TrainingSettings settings, ImageShape shape)
    {
        var hasNorm = settings.Norm != ModelOption.NoNorm;
        var count = (settings.Depth!.Value - 4) / 6;
        var inputs = Narrowest;
        var model = nn.Sequential(("convolution", nn.Conv2d(shape.Channels, inputs, 3, padding: 1, bias: !hasNorm)));
        var blocks = new List<PreActivationBlock>();
        for (var group = 1; group <= Groups; group++)
        for (var place = 1; place <= count; place++)
        {
            var outputs = (Narrowest * settings.Width!.Value) << (group - 1);
            var stride = group > 1 && place == 1 ? 2 : 1;
            blocks.Add(new(inputs, outputs, stride, hasNorm));
            model.append($"group{group}_block{place}", blocks[^1]);
            inputs = outputs;
        }
        if (hasNorm)
            model.append("norm", nn.BatchNorm2d(inputs));
        model.append("relu", nn.ReLU());
        model.append("pool", nn.AdaptiveAvgPool2d(1));
        model.append("flatten", nn.Flatten());
        model.append("linear", nn.Linear(inputs, shape.Classes));
        Initialisation.Kaiming(model);
        if (!hasNorm)
            blocks.ForEach(block => block.Quieten(blocks.Count));
        return model;
    }
}

/// <summary>
/// Two convolutions 3x3, each after norm and rectifier, beside a shortcut (He et al. 2016, Identity mappings).
/// </summary>
internal sealed class PreActivationBlock : nn.Module<Tensor, Tensor>
{
    private readonly BatchNorm2d? norm1;
    private readonly Conv2d convolution1;
    private readonly BatchNorm2d? norm2;
    private readonly Conv2d convolution2;
    private readonly Conv2d? shortcut;

    /// <summary>Makes a block. If the shape changes, the shortcut is a convolution 1x1.</summary>
    internal PreActivationBlock(int inputs, int outputs, int stride, bool hasNorm)
        : base(nameof(PreActivationBlock))
    {
        if (hasNorm)
            (norm1, norm2) = (nn.BatchNorm2d(inputs), nn.BatchNorm2d(outputs));
        convolution1 = nn.Conv2d(inputs, outputs, 3, stride: stride, padding: 1, bias: !hasNorm);
        convolution2 = nn.Conv2d(outputs, outputs, 3, padding: 1, bias: !hasNorm);
        if (stride != 1 || inputs != outputs)
            shortcut = nn.Conv2d(inputs, outputs, 1, stride: stride, bias: !hasNorm);
        RegisterComponents();
    }

    /// <summary>
    /// Starts the block as its shortcut, and its steps small, so that networks of many blocks train without norms (Zhang et
    /// al. 2019, Fixup).
    /// </summary>
    internal void Quieten(int blocks)
    {
        using var unrecorded = no_grad();
        convolution1.weight!.div_(Math.Sqrt(blocks));
        convolution2.weight!.zero_();
    }

    /// <summary>block(x) + x.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var active = Active(norm1, input);
        var inner = convolution2.call(Active(norm2, convolution1.call(active)));
        return scope.MoveToOuter(inner + (shortcut?.call(active) ?? input));
    }

    private static Tensor Active(BatchNorm2d? norm, Tensor input) => nn.functional.relu(norm?.call(input) ?? input);
}
