using Foof.Cli.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Models;

/// <summary>
/// The paper's network: 784-1000-1000-1000-10 with rectifiers and without biases (Benzing 2022, App. D).
/// </summary>
internal static class Mlp
{
    private const int Width = 1000;

    /// <summary>Makes one.</summary>
    internal static nn.Module<Tensor, Tensor> Build() =>
        Initialisation.Kaiming(
            nn.Sequential(
                ("flatten", nn.Flatten()),
                ("linear1", nn.Linear(ImageSet.Pixels, Width, hasBias: false)),
                ("relu1", nn.ReLU()),
                ("linear2", nn.Linear(Width, Width, hasBias: false)),
                ("relu2", nn.ReLU()),
                ("linear3", nn.Linear(Width, Width, hasBias: false)),
                ("relu3", nn.ReLU()),
                ("linear4", nn.Linear(Width, ImageSet.Classes, hasBias: false))
            )
        );
}
