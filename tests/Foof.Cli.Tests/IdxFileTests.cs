namespace Foof.Cli.Tests;

public sealed class IdxFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_sound_file_is_read_packed_or_not(bool packed)
    {
        var bytes = Idx.Images(3, seed: 1);
        var file = IdxFile.Read(Write(packed ? Idx.Packed(bytes) : bytes), areImages: true);
        Assert.Equal([3, 28, 28], file.Shape);
        Assert.Equal(bytes[16..], file.Bytes);
    }

    [Fact]
    public void Labels_where_images_belong_are_named() =>
        Refused(
            Idx.Labels(3),
            "offset 0: expected the magic number 0x00000803 of images; found 0x00000801, a file of labels."
        );

    [Fact]
    public void A_file_that_is_not_an_IDX_file_is_refused() =>
        Refused("PNG?"u8.ToArray(), "offset 0: expected the magic number 0x00000803 of images; found 0x504e473f.");

    [Fact]
    public void An_empty_file_is_refused() =>
        Refused([], "offset 0: expected 4 bytes for the magic number; found the end of the file after 0 bytes.");

    [Fact]
    public void A_header_that_ends_early_is_refused() =>
        Refused(
            Idx.Header(0x803, 3),
            "offset 8: expected 3 bytes or more, as the lengths before say; "
                + "found a file of 8 bytes, which cannot hold them."
        );

    [Fact]
    public void A_truncated_file_is_refused_before_memory_is_allocated() =>
        Refused(
            [.. Idx.Header(0x803, 2_000_000_000, 1, 1), 1, 2, 3],
            "offset 8: expected 2000000000 bytes or more, as the lengths before say; "
                + "found a file of 19 bytes, which cannot hold them."
        );

    [Fact]
    public void A_packed_file_that_unpacks_to_less_is_refused()
    {
        var bytes = Idx.Images(3, seed: 1);
        Refused(
            Idx.Packed(bytes[..^5]),
            $"offset 16: expected {3 * 784} bytes of images; " + $"found the end of the file after {3 * 784 - 5} bytes."
        );
    }

    [Fact]
    public void Impossible_lengths_in_a_packed_file_are_refused() =>
        Assert.Contains(
            "which cannot hold them",
            Refusal(Idx.Packed(Idx.Header(0x803, 2_000_000_000, 1000, 1000))),
            StringComparison.Ordinal
        );

    [Fact]
    public void A_length_of_zero_is_refused() =>
        Refused(
            Idx.Header(0x803, 0, 28, 28),
            "offset 4: expected a length of dimension 0 from 1 to 2147483647; found 0."
        );

    [Fact]
    public void Bytes_after_the_last_image_are_refused() =>
        Refused([.. Idx.Images(1, seed: 1), 0], $"offset {16 + 784}: expected the end of the file; found more bytes.");

    [Theory]
    [InlineData(-1)]
    [InlineData(-6)]
    [InlineData(-300)]
    public void A_packed_file_with_a_wrong_byte_is_refused(int place)
    {
        var bytes = Idx.Packed(Idx.Images(3, seed: 1));
        bytes[bytes.Length + place] ^= 0x55;
        Assert.Matches(
            @": offset \d+: expected sound gzip data \(this offset counts unpacked bytes\); "
                + @"found damage before offset \d+ of the packed bytes: fetch the file again\.$",
            Refusal(bytes)
        );
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(700)]
    public void A_packed_file_that_is_cut_is_refused(int missing)
    {
        var bytes = Idx.Packed(Idx.Images(3, seed: 1));
        Assert.Matches(
            @": offset \d+: expected gzip's trailer with the unpacked size \d+; found \d+; "
                + @"the file is cut or damaged: fetch it again\.$",
            Refusal(bytes[..^missing])
        );
    }

    [Fact]
    public void A_packed_file_of_two_bytes_is_refused() =>
        Refused(
            [0x1f, 0x8b],
            "offset 0: expected gzip's trailer with the unpacked size 0; found 35615; "
                + "the file is cut or damaged: fetch it again."
        );

    private string Write(byte[] bytes)
    {
        var path = folder["images"];
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private string Refusal(byte[] bytes) =>
        Assert.Throws<InvalidDataException>(() => IdxFile.Read(Write(bytes), areImages: true)).Message;

    private void Refused(byte[] bytes, string sentence) =>
        Assert.Equal($"{folder["images"]}: {sentence}", Refusal(bytes));
}
