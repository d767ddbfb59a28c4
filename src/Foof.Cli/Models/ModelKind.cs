using Foof.Cli.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Models;

/// <summary>A network that can be trained: how it is made, and what its outputs are compared with.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Build">Makes it, with fresh random weights.</param>
/// <param name="Classifies">Whether it says the class of an image, not the image's pixels.</param>
internal sealed record ModelKind(string Name, Func<nn.Module<Tensor, Tensor>> Build, bool Classifies = true)
{
    /// <summary>What its loss is the negative logarithm of.</summary>
    internal Likelihood Likelihood => Classifies ? Likelihood.Categorical : Likelihood.NewGaussian(1.0);

    /// <summary>
    /// What the outputs for a batch are compared with; it may be <paramref name="labels"/> itself.
    /// </summary>
    internal Tensor Target(Tensor images, Tensor labels, PixelScale scale) =>
        Classifies ? labels : scale.From(images);

    /// <summary>How many outputs say the right class.</summary>
    internal static long Correct(Tensor output, Tensor labels) =>
        output.argmax(1).eq(labels).sum().item<long>();
}
