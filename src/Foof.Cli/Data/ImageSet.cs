using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Data;

/// <summary>Images with their labels, in memory.</summary>
/// <param name="Images">float32 [n; channels; rows; columns], in the scale.</param>
/// <param name="Labels">int64 [n], from 0.</param>
/// <param name="Scale">The scale of the pixels.</param>
internal sealed record ImageSet(Tensor Images, Tensor Labels, PixelScale Scale) : IDisposable
{
    /// <summary>How many images there are.</summary>
    internal long Count => Labels.shape[0];

    /// <summary>The width of an image.</summary>
    internal int Columns => (int)Images.shape[3];

    /// <summary>Makes tensors of the first images of two files that were checked.</summary>
    /// <param name="images">The images.</param>
    /// <param name="labels">Their labels.</param>
    /// <param name="shape">The shape of the images.</param>
    /// <param name="scale">The scale of the pixels.</param>
    /// <param name="count">How many to keep; null keeps all.</param>
    internal static ImageSet From(IdxFile images, IdxFile labels, ImageShape shape, PixelScale scale, int? count = null)
    {
        var kept = count ?? images.Shape[0];
        if (kept > images.Shape[0])
            throw new CommandFailure(
                $"--subset must be at most {images.Shape[0]}, the images in {images.Path}; got {kept}.",
                ExitCode.Usage
            );
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var pixels = tensor(images.Bytes[..(kept * shape.Pixels)], shape.Of(kept));
        var classes = tensor(labels.Bytes[..kept]).to(ScalarType.Int64);
        var scaled = scale.To(pixels.to(ScalarType.Float32).div_(255.0));
        return new(scaled.DetachFromDisposeScope(), classes.DetachFromDisposeScope(), scale);
    }

    /// <summary>Consecutive images. The result shares its memory with this set and belongs to the caller.</summary>
    internal ImageSet Part(long start, long count) =>
        new(
            Images.narrow(0, start, count).DetachFromDisposeScope(),
            Labels.narrow(0, start, count).DetachFromDisposeScope(),
            Scale
        );

    /// <summary>The set in batches and in its order. Each batch is freed when the next one is requested.</summary>
    internal IEnumerable<(Tensor Images, Tensor Labels)> InOrder(int size)
    {
        for (long start = 0; start < Count; start += size)
        {
            var count = Math.Min(size, Count - start);
            using var images = Images.narrow(0, start, count);
            using var labels = Labels.narrow(0, start, count);
            yield return (images, labels);
        }
    }

    /// <summary>Images with given pixels; all labels are 0.</summary>
    /// <param name="pixels">From 0 to 1, [n; channels; rows; columns].</param>
    /// <param name="scale">The scale of the pixels.</param>
    internal static ImageSet Made(Tensor pixels, PixelScale scale) =>
        new(
            scale.To(pixels.clone()).DetachFromDisposeScope(),
            zeros(pixels.shape[0], dtype: ScalarType.Int64).DetachFromDisposeScope(),
            scale
        );

    /// <summary>Moves the images to a device. After that, only the result may be used.</summary>
    internal ImageSet To(Device device)
    {
        if (Images.device.type == device.type)
            return this;
        using (this)
            return new(Images.to(device), Labels.to(device), Scale);
    }

    /// <summary>Frees both tensors.</summary>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
    }
}

/// <summary>How pixels are scaled for the network: (x / 255 - mean) / deviation.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Mean">The number that is subtracted from pixels between 0 and 1.</param>
/// <param name="Deviation">The number that divides the difference.</param>
internal sealed record PixelScale(string Name, double Mean, double Deviation)
{
    /// <summary>MNIST's mean and standard deviation, which the paper's experiments use for Fashion-MNIST too.</summary>
    internal static PixelScale Standardised { get; } = new("standardised", 0.1307, 0.3081);

    /// <summary>
    /// From 0 to 1. The weights of pixels that are black in all data then have no curvature, so that a posterior is
    /// uncertain about images in which they are not black.
    /// </summary>
    internal static PixelScale Unit { get; } = new("unit", 0.0, 1.0);

    private static PixelScale[] All => [Standardised, Unit];

    /// <summary>The names.</summary>
    internal static IReadOnlyList<string> Names { get; } = [.. All.Select(scale => scale.Name)];

    /// <summary>The scale of a name from <see cref="Names"/>.</summary>
    internal static PixelScale Find(string name) => All.Single(scale => scale.Name == name);

    /// <summary>Scales pixels between 0 and 1, in place.</summary>
    internal Tensor To(Tensor pixels) => pixels.sub_(Mean).div_(Deviation);

    /// <summary>The pixels of scaled images, between 0 and 1, in one row per image. They belong to the caller.</summary>
    internal Tensor From(Tensor images) => images.flatten(1) * Deviation + Mean;
}
