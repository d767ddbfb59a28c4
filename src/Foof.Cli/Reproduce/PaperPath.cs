using Foof.Cli.Data;
using Foof.Cli.Models;
using Microsoft.FSharp.Core;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Reproduce;

/// <summary>A network at a point of its training: gradients, and moves along directions that are its layers' matrices.</summary>
/// <param name="kind">What kind of model it is.</param>
/// <param name="model">The model, which stays its owner's.</param>
/// <param name="set">The images.</param>
/// <param name="batchSize">The images of a batch.</param>
internal sealed class PaperPath(ModelKind kind, nn.Module<Tensor, Tensor> model, ImageSet set, int batchSize)
{
    /// <summary>The images and the target of a batch of the first pass, which belong to the caller's scope.</summary>
    internal (Tensor Input, Tensor Target) Batch(int step)
    {
        var inPass = Batches.CountOf(set.Count, batchSize);
        using var batches = new Batches(set, batchSize, seed: 1, pass: 1 + step / inPass);
        var (images, labels) = batches[step % inPass];
        return (images, kind.Target(images, labels, set.Scale));
    }

    /// <summary>The loss of a batch.</summary>
    internal double Loss(Tensor input, Tensor target)
    {
        using var unrecorded = no_grad();
        return LikelihoodModule.loss(kind.Likelihood, model.call(input), target).ToDouble();
    }

    /// <summary>The gradient of each layer, [d_out; d_in], which belong to the caller's scope.</summary>
    internal Tensor[] Gradients(IEnumerable<Layer> layers, Tensor input, Tensor target)
    {
        foreach (var parameter in model.parameters())
            parameter.grad?.zero_();
        LikelihoodModule.loss(kind.Likelihood, model.call(input), target).backward();
        return
        [
            .. layers.Select(layer =>
                LayerModule.joined(
                    layer,
                    layer.Weight.grad!,
                    layer.Bias.IsValueSome
                        ? FSharpValueOption<Tensor>.NewValueSome(layer.Bias.Value.grad!)
                        : FSharpValueOption<Tensor>.ValueNone
                )
            ),
        ];
    }

    /// <summary>Moves the layers' weights by a multiple of directions [d_out; d_in].</summary>
    internal static void Move(IEnumerable<Layer> layers, IEnumerable<Tensor> directions, double multiple)
    {
        using var unrecorded = no_grad();
        foreach (var (layer, direction) in layers.Zip(directions))
        {
            var parts = LayerModule.split(layer, direction);
            layer.Weight.add_(parts.Weight, multiple);
            if (layer.Bias.IsValueSome)
                layer.Bias.Value.add_(parts.Bias.Value, multiple);
        }
    }
}
