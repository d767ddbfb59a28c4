using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Foof.Cli.Reports;

/// <summary>Grey images as PNG files (ISO/IEC 15948): 8 bits a pixel, no filter.</summary>
internal static class GreyPng
{
    private const uint Polynomial = 0xEDB88320;
    private static readonly byte[] Signature = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];
    private static readonly uint[] Remainders = [.. Enumerable.Range(0, 256).Select(Remainder)];

    /// <summary>The file's bytes.</summary>
    /// <param name="pixels">From 0, black, to 255, white; row after row.</param>
    /// <param name="width">How many of them make a row.</param>
    internal static byte[] Encode(ReadOnlySpan<byte> pixels, int width)
    {
        using var file = new MemoryStream();
        file.Write(Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], pixels.Length / width);
        header[8] = 8;
        Write(file, "IHDR", header);
        Write(file, "IDAT", Packed(pixels, width));
        Write(file, "IEND", []);
        return file.ToArray();
    }

    /// <summary>The file as a data URI.</summary>
    internal static string DataUri(ReadOnlySpan<byte> pixels, int width) =>
        $"data:image/png;base64,{Convert.ToBase64String(Encode(pixels, width))}";

    // Each row begins with the number of its filter; 0 means no filter.
    private static byte[] Packed(ReadOnlySpan<byte> pixels, int width)
    {
        using var target = new MemoryStream();
        using (var packer = new ZLibStream(target, CompressionLevel.SmallestSize))
            for (var start = 0; start < pixels.Length; start += width)
            {
                packer.WriteByte(0);
                packer.Write(pixels.Slice(start, width));
            }
        return target.ToArray();
    }

    private static void Write(MemoryStream file, string name, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        byte[] chunk = [.. Encoding.ASCII.GetBytes(name), .. content];
        file.Write(chunk);
        BinaryPrimitives.WriteUInt32BigEndian(number, CheckSum(chunk));
        file.Write(number);
    }

    private static uint CheckSum(byte[] bytes)
    {
        var sum = uint.MaxValue;
        foreach (var value in bytes)
            sum = Remainders[(byte)(sum ^ value)] ^ (sum >> 8);
        return ~sum;
    }

    private static uint Remainder(int start)
    {
        var value = (uint)start;
        for (var bit = 0; bit < 8; bit++)
            value = (value & 1) == 0 ? value >> 1 : (value >> 1) ^ Polynomial;
        return value;
    }
}
