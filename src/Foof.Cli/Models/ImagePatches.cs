using Foof.Cli.Data;
using static TorchSharp.torch;

namespace Foof.Cli.Models;

/// <summary>Images cut into square patches, row after row; images that are too short are padded by zeros.</summary>
internal static class ImagePatches
{
    /// <summary>The side of a patch.</summary>
    internal const int Side = 4;

    /// <summary>How many patches are below each other, and beside each other.</summary>
    internal static (int Rows, int Columns) Grid(ImageShape shape) => (Parts(shape.Rows), Parts(shape.Columns));

    /// <summary>How many patches an image has.</summary>
    internal static int Count(ImageShape shape) => Parts(shape.Rows) * Parts(shape.Columns);

    /// <summary>The numbers of a patch.</summary>
    internal static int Length(ImageShape shape) => shape.Channels * Side * Side;

    /// <summary>[n; channels; rows; columns] -> [n; patches; numbers of a patch].</summary>
    internal static Tensor Of(Tensor images)
    {
        var (below, beside) = (Missing(images.shape[2]), Missing(images.shape[3]));
        var whole = below + beside == 0 ? images : nn.functional.pad(images, [0, beside, 0, below]);
        return whole.unfold(2, Side, Side).unfold(3, Side, Side).permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2);
    }

    private static int Parts(int length) => (length + Side - 1) / Side;

    private static long Missing(long length) => (Side - length % Side) % Side;
}
