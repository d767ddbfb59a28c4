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

    internal static byte[] Packed(byte[] bytes)
    {
        using var target = new MemoryStream();
        using (var packer = new GZipStream(target, CompressionMode.Compress))
            packer.Write(bytes);
        return target.ToArray();
    }
}
