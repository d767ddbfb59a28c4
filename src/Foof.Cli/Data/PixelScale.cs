using static TorchSharp.torch;

namespace Foof.Cli.Data;

/// <summary>How pixels come to the network: (x / 255 - mean) / deviation.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Mean">What is taken off, of pixels from 0 to 1.</param>
/// <param name="Deviation">What they are divided by then.</param>
internal sealed record PixelScale(string Name, double Mean, double Deviation)
{
    /// <summary>MNIST's mean and standard deviation, for Fashion-MNIST too, as the paper's experiments have it.</summary>
    internal static PixelScale Standardised { get; } = new("standardised", 0.1307, 0.3081);

    /// <summary>
    /// From 0 to 1. Weights of pixels that are black in all data have no curvature then, so that a posterior is in
    /// doubt where they are lit.
    /// </summary>
    internal static PixelScale Unit { get; } = new("unit", 0.0, 1.0);

    private static PixelScale[] All => [Standardised, Unit];

    /// <summary>The names.</summary>
    internal static IReadOnlyList<string> Names { get; } = [.. All.Select(scale => scale.Name)];

    /// <summary>The scale of a name from <see cref="Names"/>.</summary>
    internal static PixelScale Find(string name) => All.Single(scale => scale.Name == name);

    /// <summary>Pixels from 0 to 1 for the network, in place.</summary>
    internal Tensor To(Tensor pixels) => pixels.sub_(Mean).div_(Deviation);

    /// <summary>The pixels from 0 to 1 of images, one row an image; the caller owns them.</summary>
    internal Tensor From(Tensor images) => images.flatten(1) * Deviation + Mean;
}
