using Foof.Cli.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Models;

/// <summary>
/// A small convolutional network: two convolutions 3x3 with pooling, two linear layers, all with biases.
/// </summary>
internal static class Cnn
{
    private const int Narrow = 16;
    private const int Wide = 32;
    private const int Hidden = 128;

    // Two poolings halve each side twice.
    private const int Features = Wide * (ImageSet.Side / 4) * (ImageSet.Side / 4);

    /// <summary>Makes one.</summary>
    internal static nn.Module<Tensor, Tensor> Build() =>
        Initialisation.Kaiming(
            nn.Sequential(
                ("convolution1", nn.Conv2d(1, Narrow, 3, padding: 1)),
                ("relu1", nn.ReLU()),
                ("pool1", nn.MaxPool2d(2)),
                ("convolution2", nn.Conv2d(Narrow, Wide, 3, padding: 1)),
                ("relu2", nn.ReLU()),
                ("pool2", nn.MaxPool2d(2)),
                ("flatten", nn.Flatten()),
                ("linear1", nn.Linear(Features, Hidden)),
                ("relu3", nn.ReLU()),
                ("linear2", nn.Linear(Hidden, ImageSet.Classes))
            )
        );
}
