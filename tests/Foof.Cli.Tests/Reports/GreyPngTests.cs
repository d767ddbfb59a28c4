using System.IO.Compression;
using Foof.Cli.Reports;

namespace Foof.Cli.Tests.Reports;

public class GreyPngTests
{
    private static readonly byte[] Pixels = [0, 1, 2, 128, 254, 255];

    [Fact]
    public void The_header_and_the_end_are_those_of_the_standard()
    {
        var file = GreyPng.Encode(Pixels, 3);
        Assert.Equal("89504E470D0A1A0A0000000D49484452", Convert.ToHexString(file[..16]));
        // Three columns, two rows, 8 bits, grey, and no more.
        Assert.Equal("00000003000000020800000000", Convert.ToHexString(file[16..29]));
        // The check sum of an empty end is known.
        Assert.Equal("0000000049454E44AE426082", Convert.ToHexString(file[^12..]));
    }

    [Fact]
    public void The_pixels_come_back_row_after_row()
    {
        var file = GreyPng.Encode(Pixels, 3);
        using var packed = new MemoryStream(file[41..^16]);
        using var unpacked = new MemoryStream();
        using (var stream = new ZLibStream(packed, CompressionMode.Decompress))
            stream.CopyTo(unpacked);
        Assert.Equal([0, 0, 1, 2, 0, 128, 254, 255], unpacked.ToArray());
    }
}
