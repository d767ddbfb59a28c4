using Foof.Cli.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Laplace;

/// <summary>Images that the network was not trained for, made here.</summary>
internal static class ForeignImages
{
    /// <summary>Pixels that are independent and uniform from 0 to 1, in a scale.</summary>
    internal static ImageSet Noise(long count, PixelScale scale, long seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        return ImageSet.Made(rand(count, 1, ImageSet.Side, ImageSet.Side, generator: generator), scale);
    }

    /// <summary>The images turned by 90 degrees.</summary>
    internal static ImageSet Rotated(ImageSet set) =>
        new(
            set.Images.transpose(2, 3).flip(2).contiguous().DetachFromDisposeScope(),
            set.Labels.alias().DetachFromDisposeScope(),
            set.Scale
        );
}
