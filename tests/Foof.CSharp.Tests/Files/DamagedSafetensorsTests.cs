using System.Text;
using static Foof.CSharp.Tests.Files.HandMade;

namespace Foof.CSharp.Tests.Files;

public class DamagedSafetensorsTests
{
    private static readonly byte[] Eight = new byte[8];

    private static void Refused(byte[] bytes, params string[] parts)
    {
        using var folder = new Folder();
        System.IO.File.WriteAllBytes(folder["bad.safetensors"], bytes);
        var before = torch.Tensor.TotalCount;
        var error = Assert.Throws<InvalidDataException>(() => Safetensors.Load(folder["bad.safetensors"]));
        Assert.Contains("bad.safetensors", error.Message, StringComparison.Ordinal);
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public void A_file_of_less_than_eight_bytes_is_refused() =>
        Refused([1, 2, 3], "offset 0", "8 bytes", "3");

    [Fact]
    public void A_header_longer_than_the_file_is_refused() =>
        Refused(HandMade.File(100, Encoding.UTF8.GetBytes("{}"), []), "offset 0", "2 bytes", "100");

    [Fact]
    public void A_header_of_2_to_the_64_bytes_is_refused() =>
        Refused(HandMade.File(ulong.MaxValue, Encoding.UTF8.GetBytes("{}"), []), "18446744073709551615");

    [Fact]
    public void A_header_of_more_than_100_megabytes_is_refused()
    {
        using var folder = new Folder();
        using (var stream = System.IO.File.Create(folder["large"]))
        {
            stream.Write(HandMade.File(100_000_001, [], []));
            stream.SetLength(200_000_000);
        }
        var error = Assert.Throws<InvalidDataException>(() => Safetensors.Load(folder["large"]));
        Assert.Contains("100000000", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("{", "JSON")]
    [InlineData("{}x", "JSON")]
    [InlineData("[]", "object")]
    [InlineData("null", "object")]
    [InlineData("""{"\ud800":1}""", "JSON")]
    [InlineData("""{"__metadata__":[]}""", "__metadata__")]
    [InlineData("""{"__metadata__":{"a":1}}""", "'a'")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", "'a' twice")]
    [InlineData("""{"a":1}""", "'a'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2]}}""", "data_offsets")]
    [InlineData("""{"a":{"dtype":7,"shape":[2],"data_offsets":[0,8]}}""", "dtype")]
    [InlineData("""{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}""", "shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}}""", "'shape' twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}""", "0, 8, 8")]
    public void A_header_of_another_form_is_refused(string header, string part) =>
        Refused(HandMade.File(header, Eight), part);

    [Fact]
    public void A_header_that_is_not_UTF8_is_refused() =>
        Refused(HandMade.File(3, [0x7b, 0xff, 0x7d], []), "UTF-8");

    [Fact]
    public void A_header_nested_too_deeply_is_refused() =>
        Refused(HandMade.File(new string('[', 100_000)), "JSON");

    [Fact]
    public void A_name_that_comes_twice_is_refused() =>
        Refused(
            HandMade.File($"{{{Entry("a", "F32", "[1]", 0, 4)},{Entry("a", "F32", "[1]", 4, 8)}}}", Eight),
            "'a' twice"
        );

    [Theory]
    [InlineData("F31", "[2]", 0, 8, "F31")]
    [InlineData("C64", "[1]", 0, 8, "C64")]
    [InlineData("F32", "[-2]", 0, 8, "-2")]
    [InlineData("F32", "[1.5]", 0, 8, "1.5")]
    [InlineData("F32", "[\"2\"]", 0, 8, "\"2\"")]
    [InlineData("F32", "[18446744073709551616]", 0, 8, "18446744073709551616")]
    [InlineData("F32", "[4294967296,4294967296]", 0, 8, "2^63")]
    [InlineData("F32", "[9223372036854775807]", 0, 8, "2^63")]
    [InlineData("F32", "[0,9223372036854775807,2]", 0, 0, "2^63")]
    [InlineData("F32", "[3]", 0, 8, "12 bytes")]
    [InlineData("F32", "[1]", 0, 8, "4 bytes")]
    [InlineData("F32", "[]", 0, 8, "4 bytes")]
    [InlineData("F32", "[2]", 8, 0, "8, 0")]
    [InlineData("F32", "[2]", -8, 0, "-8")]
    [InlineData("F32", "[2]", 1, 9, "up to 8")]
    [InlineData("F32", "[1099511627776]", 0, 4398046511104, "up to 8")]
    [InlineData("F32", "[1]", 4, 8, "gap")]
    [InlineData("F32", "[1]", 0, 4, "4 bytes after data offset 4")]
    public void An_entry_that_does_not_fit_is_refused(
        string dtype,
        string shape,
        long begin,
        long end,
        string part
    ) => Refused(HandMade.File($"{{{Entry("a", dtype, shape, begin, end)}}}", Eight), part);

    [Fact]
    public void More_than_64_dimensions_are_refused()
    {
        var shape = $"[{string.Join(",", Enumerable.Repeat(1, 65))}]";
        Refused(HandMade.File($"{{{Entry("a", "F64", shape, 0, 8)}}}", Eight), "65");
    }

    [Fact]
    public void Overlaps_and_gaps_are_refused()
    {
        string Two(long begin, long end) =>
            $"{{{Entry("b", "U8", $"[{end - begin}]", begin, end)},{Entry("a", "U8", "[4]", 0, 4)}}}";
        Refused(HandMade.File(Two(2, 8), Eight), "'b'", "overlap");
        Refused(HandMade.File(Two(5, 8), Eight), "'b'", "gap");
        Refused(HandMade.File(Two(0, 8), Eight), "overlap");
        Refused(HandMade.File(Two(4, 7), Eight), "1 bytes after data offset 7");
    }

    [Fact]
    public void A_truth_value_other_than_0_or_1_is_refused() =>
        Refused(HandMade.File($"{{{Entry("a", "BOOL", "[3]", 0, 3)}}}", 0, 1, 2), "found 2 at offset");

    [Fact]
    public void A_missing_file_is_an_error() =>
        Assert.Throws<FileNotFoundException>(() => Safetensors.Load("/no-such-file.safetensors"));
}
