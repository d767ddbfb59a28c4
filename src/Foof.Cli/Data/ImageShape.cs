using static TorchSharp.torch;

namespace Foof.Cli.Data;

/// <summary>What networks are made for: the shape of a data set's images, and the number of its classes.</summary>
/// <param name="Channels">1 for grey images.</param>
/// <param name="Rows">The height of an image.</param>
/// <param name="Columns">The width of an image.</param>
/// <param name="Classes">The largest label of the data set, plus one.</param>
internal sealed record ImageShape(int Channels, int Rows, int Columns, int Classes)
{
    /// <summary>Fashion-MNIST's, and MNIST's.</summary>
    internal static ImageShape FashionMnist { get; } = new(1, 28, 28, 10);

    /// <summary>The numbers of one image.</summary>
    internal int Pixels => Channels * Rows * Columns;

    /// <summary>The shorter side.</summary>
    internal int Side => Math.Min(Rows, Columns);

    /// <summary>[count; channels; rows; columns].</summary>
    internal long[] Of(long count) => [count, Channels, Rows, Columns];

    /// <summary>The images as networks take them, from rows with all pixels of an image.</summary>
    internal Tensor Images(Tensor rows) => rows.reshape(-1, Channels, Rows, Columns);

    /// <summary>The size in words.</summary>
    internal string Text => Channels == 1 ? $"{Rows}x{Columns}" : $"{Channels}x{Rows}x{Columns}";

    /// <summary>The shape of images in files that were checked, with their labels.</summary>
    internal static ImageShape Of(IdxFile images, params IReadOnlyList<IdxFile> labels) =>
        new(
            images.Shape.Length == 4 ? images.Shape[1] : 1,
            images.Shape[^2],
            images.Shape[^1],
            1 + labels.Max(file => file.Bytes.Max())
        );
}
