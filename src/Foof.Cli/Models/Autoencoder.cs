using Foof.Cli.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Models;

/// <summary>The deep autoencoder 784-1000-500-250-30-250-500-1000-784 with tanh between its layers.</summary>
internal static class Autoencoder
{
    private static readonly int[] Widths =
    [
        ImageSet.Pixels,
        1000,
        500,
        250,
        30,
        250,
        500,
        1000,
        ImageSet.Pixels,
    ];

    /// <summary>Makes one.</summary>
    internal static nn.Module<Tensor, Tensor> Build()
    {
        var model = nn.Sequential(("flatten", nn.Flatten()));
        for (var layer = 1; layer < Widths.Length; layer++)
        {
            if (layer > 1)
                model.append($"tanh{layer - 1}", nn.Tanh());
            model.append($"linear{layer}", nn.Linear(Widths[layer - 1], Widths[layer]));
        }
        return Initialisation.Xavier(model);
    }
}
