using System.Buffers.Binary;

namespace Foof.Cli.Data;

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

    /// <summary>Reads a file of images [n; rows; columns], packed by gzip or not.</summary>
    internal static IdxFile ReadImages(string path) => Read(path, "images", dimensions: 3);

    /// <summary>Reads a file of labels [n], packed by gzip or not.</summary>
    internal static IdxFile ReadLabels(string path) => Read(path, "labels", dimensions: 1);

    /// <summary>The failure about one place in a file.</summary>
    internal static CommandFailure Wrong(string path, long offset, string expected, string found) =>
        new($"{path}: offset {offset}: expected {expected}; found {found}.");

    private static IdxFile Read(string path, string content, int dimensions)
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
                $"0x{found:x8}{Meaning(found)}"
            );
    }

    private static string Meaning(uint magic) =>
        magic switch
        {
            0x0801 => ", a file of labels",
            0x0803 => ", a file of images",
            _ => "",
        };

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
