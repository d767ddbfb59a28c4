using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Data;

/// <summary>Images with their labels, in memory.</summary>
/// <param name="Images">float32 [n; 1; 28; 28], in the scale.</param>
/// <param name="Labels">int64 [n], from 0 to 9.</param>
/// <param name="Scale">What was made of the pixels.</param>
internal sealed record ImageSet(Tensor Images, Tensor Labels, PixelScale Scale) : IDisposable
{
    /// <summary>Rows and columns of an image.</summary>
    internal const int Side = 28;

    /// <summary>Pixels of an image.</summary>
    internal const int Pixels = Side * Side;

    /// <summary>How many labels there are.</summary>
    internal const int Classes = 10;

    /// <summary>How many images there are.</summary>
    internal long Count => Labels.shape[0];

    /// <summary>Checks that the two files belong together and makes tensors of their first images.</summary>
    /// <param name="images">The images.</param>
    /// <param name="labels">Their labels.</param>
    /// <param name="scale">What to make of the pixels.</param>
    /// <param name="count">How many to keep; null keeps all.</param>
    internal static ImageSet From(IdxFile images, IdxFile labels, PixelScale scale, int? count = null)
    {
        Check(images, labels);
        var kept = count ?? images.Shape[0];
        if (kept > images.Shape[0])
            throw new CommandFailure(
                $"--subset must be at most {images.Shape[0]}, the images in {images.Path}; got {kept}."
            );
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var pixels = tensor(images.Bytes[..(kept * Pixels)], [kept, 1L, Side, Side]);
        var classes = tensor(labels.Bytes[..kept]).to(ScalarType.Int64);
        var scaled = scale.To(pixels.to(ScalarType.Float32).div_(255.0));
        return new(scaled.DetachFromDisposeScope(), classes.DetachFromDisposeScope(), scale);
    }

    /// <summary>Some of the images, one after another; the memory is shared, and the caller owns the result.</summary>
    internal ImageSet Part(long start, long count) =>
        new(
            Images.narrow(0, start, count).DetachFromDisposeScope(),
            Labels.narrow(0, start, count).DetachFromDisposeScope(),
            Scale
        );

    /// <summary>The images and labels in their order, so many at a time; they are freed when the next ones are asked for.</summary>
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

    /// <summary>Images whose pixels have been made; labels are all 0.</summary>
    /// <param name="pixels">From 0 to 1, [n; 1; 28; 28].</param>
    /// <param name="scale">What to make of the pixels.</param>
    internal static ImageSet Made(Tensor pixels, PixelScale scale) =>
        new(
            scale.To(pixels.clone()).DetachFromDisposeScope(),
            zeros(pixels.shape[0], dtype: ScalarType.Int64).DetachFromDisposeScope(),
            scale
        );

    /// <summary>The same on a device: itself where it is there. This one must not be used any more.</summary>
    internal ImageSet To(Device device)
    {
        if (Images.device.type == device.type)
            return this;
        using (this)
            return new(Images.to(device), Labels.to(device), Scale);
    }

    private static void Check(IdxFile images, IdxFile labels)
    {
        for (var i = 1; i < images.Shape.Length; i++)
            if (images.Shape[i] != Side)
                throw IdxFile.Wrong(
                    images.Path,
                    4 * (i + 1),
                    $"{Side} {(i == 1 ? "rows" : "columns")} an image",
                    $"{images.Shape[i]}"
                );
        if (images.Shape[0] != labels.Shape[0])
            throw new CommandFailure(
                $"{labels.Path}: offset 4: expected {images.Shape[0]} labels, "
                    + $"one for each image in {images.Path}; found {labels.Shape[0]}."
            );
        var place = Array.FindIndex(labels.Bytes, label => label >= Classes);
        if (place >= 0)
            throw IdxFile.Wrong(
                labels.Path,
                labels.DataOffset + place,
                $"a label from 0 to {Classes - 1}",
                $"{labels.Bytes[place]}"
            );
    }

    /// <summary>Frees both tensors.</summary>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
    }
}

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
