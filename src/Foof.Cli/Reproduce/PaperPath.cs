using Foof.Cli.Data;
using Foof.Cli.Models;
using Microsoft.FSharp.Core;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Reproduce;

/// <summary>
/// A network at a point of its training: its batches and gradients, and moves along directions that are its layers' matrices.
/// It owns the network and the images.
/// </summary>
internal sealed class PaperPath : IDisposable
{
    private const long Seed = 1;

    private readonly ImageData images;
    private Batches? batches;
    private int pass;

    /// <summary>Makes the network of a workload with fresh weights, on the laboratory's device.</summary>
    internal PaperPath(Laboratory laboratory, Workload load)
    {
        Kind = ModelKind.Find(load.Model);
        images = laboratory.Part(load.Images);
        BatchSize = load.BatchSize;
        Steps = (int)(images.Train.Count / BatchSize) * load.Epochs;
        manual_seed(Seed).Dispose();
        Model = ModelKind.Build(new() { Model = load.Model }, images.Shape).to(laboratory.Device);
    }

    /// <summary>What kind of model it is.</summary>
    internal ModelKind Kind { get; }

    /// <summary>The model.</summary>
    internal nn.Module<Tensor, Tensor> Model { get; }

    /// <summary>The training images.</summary>
    internal Tensor Images => images.Train.Images;

    /// <summary>How many whole batches the workload has.</summary>
    internal int Steps { get; }

    private int BatchSize { get; }

    /// <summary>The images and the target of a step's batch, which belong to the caller's scope.</summary>
    internal (Tensor Input, Tensor Target) Batch(int step)
    {
        var inPass = Batches.CountOf(images.Train.Count, BatchSize);
        if (batches is null || pass != 1 + step / inPass)
        {
            batches?.Dispose();
            pass = 1 + step / inPass;
            batches = new(images.Train, BatchSize, Seed, pass);
        }
        var (input, labels) = batches[step % inPass];
        return (input, Kind.Target(input, labels, images.Train.Scale));
    }

    /// <summary>The loss of a batch.</summary>
    internal double Loss(Tensor input, Tensor target)
    {
        using var unrecorded = no_grad();
        return LikelihoodModule.loss(Kind.Likelihood, Model.call(input), target).ToDouble();
    }

    /// <summary>The gradient of each layer, [d_out; d_in], which belong to the caller's scope.</summary>
    internal Tensor[] Gradients(IEnumerable<Layer> layers, Tensor input, Tensor target)
    {
        foreach (var parameter in Model.parameters())
            parameter.grad?.zero_();
        LikelihoodModule.loss(Kind.Likelihood, Model.call(input), target).backward();
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

    /// <summary>Frees the network and the images.</summary>
    public void Dispose()
    {
        batches?.Dispose();
        Model.Dispose();
        images.Dispose();
    }
}
