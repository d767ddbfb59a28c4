using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// Puts sampled weights into a network, and restores the network's own weights when it is disposed of.
/// </summary>
internal sealed class WeightSwap : IDisposable
{
    private readonly Layer[] layers;
    private readonly Tensor[] own;

    internal WeightSwap(Layer[] layers)
    {
        this.layers = layers;
        own = WeightPenalty.copied(layers);
        foreach (var matrix in own)
            matrix.DetachFromDisposeScope();
    }

    /// <summary>Copies matrices [d_out; d_in] into the layers' parameters.</summary>
    internal void Put(IEnumerable<Tensor> matrices)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        foreach (var (layer, matrix) in layers.Zip(matrices))
        {
            var own = LayerModule.split(layer, matrix);
            layer.Weight.copy_(own.Weight.reshape(layer.Weight.shape));
            if (own.Bias.IsSome)
                layer.Bias.Value.copy_(own.Bias.Value);
        }
    }

    /// <summary>Restores the network's own weights.</summary>
    public void Dispose()
    {
        Put(own);
        foreach (var matrix in own)
            matrix.Dispose();
    }
}
