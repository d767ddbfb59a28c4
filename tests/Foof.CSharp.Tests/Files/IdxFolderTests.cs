using System.Buffers.Binary;
using System.IO.Compression;

namespace Foof.CSharp.Tests.Files;

/// <summary>Folders of IDX files, sound and damaged ones.</summary>
public sealed class IdxFolderTests : IDisposable
{
    private const int Images = 0x803;
    private const int Labels = 0x801;

    private readonly string folder = Directory.CreateTempSubdirectory("foof-idx-").FullName;

    public IdxFolderTests()
    {
        Write(
            "train-images-idx3-ubyte",
            [.. Header(Images, 2, 2, 3), .. Enumerable.Range(0, 12).Select(i => (byte)(i * 20))]
        );
        Write("train-labels-idx1-ubyte", [.. Header(Labels, 2), 7, 1]);
        Write("t10k-images-idx3-ubyte", [.. Header(Images, 1, 2, 3), 0, 255, 0, 0, 0, 51]);
        Write("t10k-labels-idx1-ubyte", [.. Header(Labels, 1), 3]);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pixels_and_classes_are_those_of_the_files_packed_or_not(bool packed)
    {
        if (packed)
            foreach (var file in Directory.GetFiles(folder))
            {
                File.WriteAllBytes($"{file}.gz", Packed(File.ReadAllBytes(file)));
                File.Delete(file);
            }
        using var data = IdxFolder.Read(folder);
        Assert.Equal([2, 1, 2, 3], data.TrainImages.shape);
        Assert.Equal([0, 20 / 255f, 40 / 255f], data.TrainImages.flatten().data<float>().Take(3));
        Assert.Equal([7, 1], data.TrainLabels.data<long>());
        Assert.Equal([1, 1, 2, 3], data.TestImages.shape);
        Assert.Equal([0, 1, 0, 0, 0, 0.2f], data.TestImages.flatten().data<float>());
        Assert.Equal([3], data.TestLabels.data<long>());
    }

    [Theory]
    [InlineData(
        new byte[] { 0, 0, 8, 1, 0, 0, 0, 2, 7, 1 },
        "the magic number 0x00000803 of images; found 0x00000801, a file of labels"
    )]
    [InlineData(new byte[] { 0, 0, 8 }, "4 bytes for the magic number; found the end of the file after 3 bytes")]
    [InlineData(new byte[] { 0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 9 }, "which cannot hold them")]
    [InlineData(new byte[] { 0x1f, 0x8b, 8, 0 }, "gzip's trailer")]
    public void A_damaged_file_is_named_with_the_place_and_what_belongs_there(byte[] bytes, string words)
    {
        Write("train-images-idx3-ubyte", bytes);
        var error = Assert.Throws<InvalidDataException>(() => IdxFolder.Read(folder)).Message;
        Assert.StartsWith(
            Path.Combine(folder, "train-images-idx3-ubyte") + ": offset ",
            error,
            StringComparison.Ordinal
        );
        Assert.Contains(words, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Fewer_labels_than_images_are_refused()
    {
        Write("t10k-labels-idx1-ubyte", [.. Header(Labels, 2), 3, 4]);
        var error = Assert.Throws<InvalidDataException>(() => IdxFolder.Read(folder));
        Assert.Contains("offset 4: expected 1 labels, one for each image in", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_and_a_missing_folder_are_named()
    {
        File.Delete(Path.Combine(folder, "t10k-labels-idx1-ubyte"));
        Assert.Equal(
            $"{folder} must hold t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz; found neither.",
            Assert.Throws<FileNotFoundException>(() => IdxFolder.Read(folder)).Message
        );
        var nowhere = Path.Combine(folder, "nowhere");
        Assert.Equal(
            $"folder must name a folder that exists; {nowhere} does not.",
            Assert.Throws<DirectoryNotFoundException>(() => IdxFolder.Read(nowhere)).Message
        );
        Assert.Equal("folder", Assert.Throws<ArgumentException>(() => IdxFolder.Read("")).ParamName);
    }

    private void Write(string name, byte[] bytes) => File.WriteAllBytes(Path.Combine(folder, name), bytes);

    private static byte[] Header(params int[] words)
    {
        var bytes = new byte[4 * words.Length];
        foreach (var (place, word) in words.Index())
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 * place), word);
        return bytes;
    }

    private static byte[] Packed(byte[] bytes)
    {
        using var target = new MemoryStream();
        using (var packer = new GZipStream(target, CompressionMode.Compress))
            packer.Write(bytes);
        return target.ToArray();
    }
}
