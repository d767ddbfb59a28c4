using System.Security.Cryptography;
using System.Text;
using Foof.Cli.Commands;
using Foof.Cli.Settings;
using static TorchSharp.torch;

namespace Foof.Cli.Data;

/// <summary>A data set: training images, test images and a fingerprint.</summary>
/// <param name="Train">The images to train with.</param>
/// <param name="Test">The images to test with.</param>
/// <param name="Fingerprint">A hash of all images and labels, before any subset is taken.</param>
/// <param name="Shape">The shape of the images, and the number of classes of both sets together.</param>
internal sealed record ImageData(ImageSet Train, ImageSet Test, string Fingerprint, ImageShape Shape) : IDisposable
{
    /// <summary>The name that stands for <see cref="FashionMnistFolder"/>.</summary>
    internal const string FashionMnist = "fashion-mnist";

    /// <summary>Where Debian's package dataset-fashion-mnist puts its files.</summary>
    internal const string FashionMnistFolder = "/usr/share/datasets/fashion-mnist";

    /// <summary>The folder that <paramref name="data"/> names.</summary>
    internal static string Folder(string data) => data == FashionMnist ? FashionMnistFolder : data;

    /// <summary>Reads the four files of a data set.</summary>
    /// <param name="data"><see cref="FashionMnist"/> or a folder.</param>
    /// <param name="subset">How many of the training images to keep; null keeps all.</param>
    /// <param name="pixels">The scale of the pixels; null means <see cref="PixelScale.Standardised"/>.</param>
    internal static ImageData Read(string data, int? subset = null, PixelScale? pixels = null)
    {
        var scale = pixels ?? PixelScale.Standardised;
        var folder = Folder(data);
        if (!Directory.Exists(folder))
            throw new CommandFailure(Missing(data));
        var files = Files(folder);
        var shape = ImageShape.Of(files[0], files[1], files[3]);
        var train = ImageSet.From(files[0], files[1], shape, scale, subset);
        try
        {
            return new(train, ImageSet.From(files[2], files[3], shape, scale), Hash(files, shape), shape);
        }
        catch
        {
            train.Dispose();
            throw;
        }
    }

    /// <summary>The four files of a folder: images and labels to train with, then those to test with.</summary>
    /// <exception cref="CommandFailure">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or cannot be used with the others.</exception>
    internal static IdxFile[] Files(string folder)
    {
        try
        {
            return ImageFiles.Read(folder);
        }
        catch (FileNotFoundException missing)
        {
            throw new CommandFailure(missing.Message);
        }
    }

    /// <summary>The failure if so many images are to be held out that none is left.</summary>
    internal static CommandFailure TooManyHeldOut(long images, int count) =>
        new($"--validation must be less than the {images} training images; got {count}.", ExitCode.Usage);

    /// <summary>Refuses a batch that is larger than the data; a default is no promise, so only one that was asked for.</summary>
    internal static void RequireBatch(Given given, long images, string which = "training images")
    {
        if (given["--batch-size"] is int size && size > images)
            throw new CommandFailure(
                $"--batch-size must be at most {images}, the {which}; got {size}: lower it.",
                ExitCode.Usage
            );
    }

    /// <summary>Moves the images to a device. After that, only the result may be used.</summary>
    internal ImageData To(Device device) => this with { Train = Train.To(device), Test = Test.To(device) };

    private static string Missing(string data) =>
        data == FashionMnist
            ? $"{FashionMnistFolder} does not exist: run apt-get install dataset-fashion-mnist, "
                + "or name a folder by --data."
            : $"--data must be {FashionMnist}, or a folder that holds {string.Join(", ", IdxFolder.Names)} "
                + $"(gzipped or not); {data} is no folder{Suggestion.Hint(data, [FashionMnist])}.";

    // Files of another shape may have the same bytes; the usual shape is left out, as in the first version.
    private static string Hash(IdxFile[] files, ImageShape shape)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
            hash.AppendData(file.Bytes);
        if (shape is not { Channels: 1, Rows: 28, Columns: 28 })
            hash.AppendData(Encoding.ASCII.GetBytes(shape.Text));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    /// <summary>Frees all images and labels.</summary>
    public void Dispose()
    {
        Train.Dispose();
        Test.Dispose();
    }
}

/// <summary>The names of the classes of a data set.</summary>
internal static class ClassNames
{
    private static readonly string[] FashionMnist =
    [
        "T-shirt",
        "trousers",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle boot",
    ];

    /// <summary>The name of a class, or its number if the name is unknown.</summary>
    internal static string Of(string data, long label) =>
        data == ImageData.FashionMnist && label >= 0 && label < FashionMnist.Length
            ? FashionMnist[label]
            : $"class {label}";
}
