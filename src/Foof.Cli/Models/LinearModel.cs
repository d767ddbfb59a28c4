using Foof.Cli.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Models;

/// <summary>Softmax regression: one layer 784-10 with a bias.</summary>
internal static class LinearModel
{
    /// <summary>Makes one.</summary>
    internal static nn.Module<Tensor, Tensor> Build() =>
        Initialisation.Kaiming(
            nn.Sequential(("flatten", nn.Flatten()), ("linear", nn.Linear(ImageSet.Pixels, ImageSet.Classes)))
        );
}
