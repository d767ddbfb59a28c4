using System.Buffers.Binary;
using System.IO.Compression;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// The images and labels of a folder of IDX files, the format in which MNIST and Fashion-MNIST are distributed. The four
/// tensors belong to it.
/// </summary>
/// <example>
/// <code>
/// using var data = IdxFolder.Read("/usr/share/datasets/fashion-mnist");
/// var (images, labels) = (data.TrainImages.flatten(1), data.TrainLabels);
/// </code>
/// </example>
public sealed class IdxFolder : IDisposable
{
    private const double Brightest = 255;

    /// <summary>The files, without the ending .gz.</summary>
    internal static IReadOnlyList<string> Names { get; } =
    ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

    private IdxFolder(IdxFile[] files)
    {
        Match(files[0], files[1]);
        Match(files[2], files[3]);
        (TrainImages, TrainLabels) = Tensors(files[0], files[1]);
        (TestImages, TestLabels) = Tensors(files[2], files[3]);
    }

    /// <summary>The images to train with, float32 [n; 1; rows; columns] from 0, black, to 1.</summary>
    public Tensor TrainImages { get; }

    /// <summary>Their classes, int64 [n].</summary>
    public Tensor TrainLabels { get; }

    /// <summary>The images to test with, float32 [n; 1; rows; columns] from 0, black, to 1.</summary>
    public Tensor TestImages { get; }

    /// <summary>Their classes, int64 [n].</summary>
    public Tensor TestLabels { get; }

    /// <summary>
    /// Reads train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each packed by
    /// gzip (then with or without the ending .gz) or not.
    /// </summary>
    /// <param name="folder">The folder that holds the four files.</param>
    /// <returns>The images and labels, which the caller disposes of.</returns>
    /// <exception cref="ArgumentException">The folder has no name.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">
    /// A file is cut, damaged or of another kind, or its images and labels do not belong together.
    /// </exception>
    public static IdxFolder Read(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return Directory.Exists(folder)
            ? new(Files(folder))
            : throw new DirectoryNotFoundException($"folder must name a folder that exists; {folder} does not.");
    }

    /// <summary>The four files of a folder: images and labels to train with, then those to test with.</summary>
    internal static IdxFile[] Files(string folder) =>
        [.. Names.Select((name, place) => IdxFile.Read(Find(folder, name), areImages: place % 2 == 0))];

    /// <summary>Frees the four tensors.</summary>
    public void Dispose()
    {
        foreach (var one in (Tensor[])[TrainImages, TrainLabels, TestImages, TestLabels])
            one.Dispose();
    }

    /// <summary>A file of the folder, packed by gzip or not.</summary>
    internal static string Find(string folder, string name) =>
        Found(folder, name)
        ?? throw new FileNotFoundException($"{folder} must hold {name} or {name}.gz; found neither.");

    /// <summary>A file of the folder, packed by gzip or not; null if it is not there.</summary>
    internal static string? Found(string folder, string name) =>
        Array.Find([Path.Combine(folder, name), Path.Combine(folder, $"{name}.gz")], File.Exists);

    /// <summary>Raises unless there is a label for each image.</summary>
    internal static void Match(IdxFile images, IdxFile labels)
    {
        if (images.Shape[0] != labels.Shape[0])
            throw IdxFile.Wrong(
                labels.Path,
                4,
                $"{images.Shape[0]} labels, one for each image in {images.Path}",
                $"{labels.Shape[0]}"
            );
    }

    private static (Tensor Images, Tensor Labels) Tensors(IdxFile images, IdxFile labels)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        long[] shape = [images.Shape[0], 1, images.Shape[1], images.Shape[2]];
        return (
            tensor(images.Bytes, shape).to(ScalarType.Float32).div_(Brightest).DetachFromDisposeScope(),
            tensor(labels.Bytes).to(ScalarType.Int64).DetachFromDisposeScope()
        );
    }
}

/// <summary>A file of unsigned bytes in the IDX format: a magic number, the lengths, the bytes.</summary>
/// <param name="Path">Where it was read from.</param>
/// <param name="Shape">The lengths of its dimensions.</param>
/// <param name="Bytes">The elements, row-major.</param>
internal sealed record IdxFile(string Path, int[] Shape, byte[] Bytes)
{
    private const int WordBytes = 4;
    private const int UnsignedByte = 0x08;

    /// <summary>The offset of the first element in the (unpacked) file.</summary>
    internal long DataOffset => WordBytes * (1 + Shape.Length);

    /// <summary>Reads a file of images [n; rows; columns] or of labels [n], packed by gzip or not.</summary>
    internal static IdxFile Read(string path, bool areImages) =>
        areImages ? Read(path, "images", dimensions: 3) : Read(path, "labels", dimensions: 1);

    /// <summary>The failure about one place in a file.</summary>
    internal static InvalidDataException Wrong(string path, long offset, string expected, string found) =>
        new($"{path}: offset {offset}: expected {expected}; found {found}.");

    /// <summary>Reads a file of so many dimensions, packed by gzip or not.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">What it holds, for messages.</param>
    /// <param name="dimensions">How many dimensions it has.</param>
    internal static IdxFile Read(string path, string content, int dimensions)
    {
        using var source = new IdxStream(path);
        CheckMagic(source, content, dimensions);
        var shape = new int[dimensions];
        long size = 1;
        for (var i = 0; i < dimensions; i++)
        {
            shape[i] = ReadLength(source, i);
            size = checked(size * shape[i]);
            source.CheckRoom(size);
        }
        var bytes = new byte[size];
        source.Fill(bytes, $"{size} bytes of {content}");
        source.CheckEnd();
        return new(path, shape, bytes);
    }

    private static void CheckMagic(IdxStream source, string content, int dimensions)
    {
        var expected = (UnsignedByte << 8) | dimensions;
        var found = ReadWord(source, "the magic number");
        if (found != expected)
            throw Wrong(
                source.Path,
                0,
                $"the magic number 0x{expected:x8} of {content}",
                $"0x{found:x8}{Meaning(expected, found)}"
            );
    }

    // Of labels and images, each may have been given for the other.
    private static string Meaning(int expected, uint found) =>
        expected is 0x0801 or 0x0803 && found is 0x0801 or 0x0803
            ? $", a file of {(found == 0x0801 ? "labels" : "images")}"
            : "";

    private static int ReadLength(IdxStream source, int dimension)
    {
        var offset = source.Offset;
        var length = ReadWord(source, $"the length of dimension {dimension}");
        return length is > 0 and <= int.MaxValue
            ? (int)length
            : throw Wrong(
                source.Path,
                offset,
                $"a length of dimension {dimension} from 1 to {int.MaxValue}",
                $"{length}"
            );
    }

    private static uint ReadWord(IdxStream source, string what)
    {
        Span<byte> word = stackalloc byte[WordBytes];
        source.Fill(word, $"{WordBytes} bytes for {what}");
        return BinaryPrimitives.ReadUInt32BigEndian(word);
    }
}

/// <summary>Reads the unpacked bytes of an IDX file, and counts them for messages.</summary>
internal sealed class IdxStream : IDisposable
{
    // The deflate format packs at most 1032 bytes into one.
    private const long MostUnpacked = 1032;

    private readonly FileStream file;
    private readonly Stream content;
    private readonly bool packed;

    /// <summary>Opens a file; its first two bytes show whether it is packed.</summary>
    internal IdxStream(string path)
    {
        Path = path;
        file = File.OpenRead(path);
        packed = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
        file.Position = 0;
        content = packed ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    /// <summary>The file's path.</summary>
    internal string Path { get; }

    /// <summary>How many unpacked bytes were read.</summary>
    internal long Offset { get; private set; }

    /// <summary>Reads exactly as many bytes as the target has.</summary>
    /// <exception cref="InvalidDataException">The file ends before, or is damaged.</exception>
    internal void Fill(Span<byte> target, string what)
    {
        var start = Offset;
        while (!target.IsEmpty)
        {
            var count = Read(target);
            if (count == 0)
            {
                if (packed)
                    CheckTrailer();
                throw IdxFile.Wrong(Path, start, what, $"the end of the file after {Offset - start} bytes");
            }
            Offset += count;
            target = target[count..];
        }
    }

    /// <summary>Refuses a size that the file cannot hold, before memory is allocated for it.</summary>
    internal void CheckRoom(long size)
    {
        var most = packed ? file.Length * MostUnpacked : file.Length - Offset;
        if (size > most)
            throw IdxFile.Wrong(
                Path,
                Offset,
                $"{size} bytes or more, as the lengths before say",
                $"a file of {file.Length} bytes{(packed ? ", packed" : "")}, which cannot hold them"
            );
    }

    /// <summary>
    /// Refuses bytes after the last element. In a packed file, this also compares the check sum.
    /// </summary>
    internal void CheckEnd()
    {
        if (Read(new byte[1]) > 0)
            throw IdxFile.Wrong(Path, Offset, "the end of the file", "more bytes");
        if (packed)
            CheckTrailer();
    }

    // The unpacker accepts a trailer that was cut short, so its last word, the unpacked size, is read here.
    private void CheckTrailer()
    {
        Span<byte> trailer = stackalloc byte[sizeof(uint)];
        var place = Math.Max(0, file.Length - trailer.Length);
        file.Position = place;
        file.ReadAtLeast(trailer, trailer.Length, throwOnEndOfStream: false);
        var size = BinaryPrimitives.ReadUInt32LittleEndian(trailer);
        if (size != unchecked((uint)Offset))
            throw IdxFile.Wrong(
                Path,
                place,
                $"gzip's trailer with the unpacked size {Offset}",
                $"{size}; the file is cut or damaged: fetch it again"
            );
    }

    private int Read(Span<byte> target)
    {
        try
        {
            return content.Read(target);
        }
        catch (InvalidDataException)
        {
            throw IdxFile.Wrong(
                Path,
                Offset,
                "sound gzip data (this offset counts unpacked bytes)",
                $"damage before offset {file.Position} of the packed bytes: fetch the file again"
            );
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        content.Dispose();
        file.Dispose();
    }
}
