using System.Buffers.Binary;
using System.IO.Compression;

namespace Foof.Cli.Tests;

/// <summary>Writes IDX files, valid ones and others.</summary>
internal static class Idx
{
    internal const string TrainImages = "train-images-idx3-ubyte";
    internal const string TrainLabels = "train-labels-idx1-ubyte";
    internal const string TestImages = "t10k-images-idx3-ubyte";
    internal const string TestLabels = "t10k-labels-idx1-ubyte";

    internal static byte[] Header(params int[] words)
    {
        var bytes = new byte[4 * words.Length];
        foreach (var (place, word) in words.Index())
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 * place), word);
        return bytes;
    }

    /// <summary>Each image is noise with a bright band, whose row depends on the label.</summary>
    internal static byte[] Images(int count, int seed)
    {
        var random = new Random(seed);
        var pixels = new byte[count * 784];
        random.NextBytes(pixels);
        for (var image = 0; image < count; image++)
        {
            for (var pixel = 0; pixel < 784; pixel++)
                pixels[image * 784 + pixel] /= 3;
            pixels.AsSpan(image * 784 + image % 10 * 56, 56).Fill(230);
        }
        return [.. Header(0x803, count, 28, 28), .. pixels];
    }

    internal static byte[] Labels(int count) =>
        [.. Header(0x801, count), .. Enumerable.Range(0, count).Select(image => (byte)(image % 10))];

    /// <summary>A whole data set in a folder.</summary>
    internal static string WriteSet(TemporaryFolder folder, int train = 50, int test = 20, int seed = 1)
    {
        var path = Directory.CreateDirectory(folder[$"data{seed}"]).FullName;
        File.WriteAllBytes(Path.Combine(path, TrainImages), Images(train, seed));
        File.WriteAllBytes(Path.Combine(path, TrainLabels), Labels(train));
        File.WriteAllBytes(Path.Combine(path, TestImages), Images(test, seed + 100));
        File.WriteAllBytes(Path.Combine(path, TestLabels), Labels(test));
        return path;
    }

    /// <summary>A whole data set of images [rows; columns] or [channels; rows; columns], each with a bright row.</summary>
    internal static string WriteShape(
        TemporaryFolder folder,
        int[] sizes,
        int classes = 10,
        int train = 40,
        int test = 20,
        int[]? testSizes = null
    )
    {
        var path = Directory.CreateDirectory(folder[$"data{string.Join('x', sizes)}of{classes}"]).FullName;
        foreach (var (part, count, own) in new[] { ("train", train, sizes), ("t10k", test, testSizes ?? sizes) })
        {
            var name = Path.Combine(path, $"{part}-images-idx{own.Length + 1}-ubyte");
            File.WriteAllBytes(name, [.. Header([0x801 + own.Length, count, .. own]), .. Rows(count, own, classes)]);
            byte[] labels = [.. Enumerable.Range(0, count).Select(image => (byte)(image % classes))];
            File.WriteAllBytes(Path.Combine(path, $"{part}-labels-idx1-ubyte"), [.. Header(0x801, count), .. labels]);
        }
        return path;
    }

    private static byte[] Rows(int count, int[] sizes, int classes)
    {
        var random = new Random(count);
        var (rows, columns) = (sizes[^2], sizes[^1]);
        var channels = sizes.Length == 3 ? sizes[0] : 1;
        var pixels = new byte[count * channels * rows * columns];
        for (var place = 0; place < pixels.Length; place++)
        {
            var (row, image) = (place / columns % rows, place / columns / rows / channels);
            pixels[place] = (byte)(row == image % classes % rows ? 230 : random.Next(85));
        }
        return pixels;
    }

    internal static byte[] Packed(byte[] bytes)
    {
        using var target = new MemoryStream();
        using (var packer = new GZipStream(target, CompressionMode.Compress))
            packer.Write(bytes);
        return target.ToArray();
    }
}
