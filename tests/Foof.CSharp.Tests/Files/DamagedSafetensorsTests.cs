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
        var before = LiveTensors.Settled();
        var error = Assert.Throws<InvalidDataException>(() => Safetensors.Load(folder["bad.safetensors"]));
        Assert.StartsWith($"{folder["bad.safetensors"]} is damaged: ", error.Message, StringComparison.Ordinal);
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public void A_file_of_less_than_eight_bytes_is_refused() => Refused([1, 2, 3], "offset 0", "8 bytes", "3");

    [Fact]
    public void A_header_longer_than_the_file_is_refused() =>
        Refused(HandMade.File(100, Encoding.UTF8.GetBytes("{}"), []), "must have 108 bytes", "offset 0", "it has 10");

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
    [InlineData("", "JSON object of texts and tensors; found its end at offset 8.")]
    [InlineData("{", "JSON object of texts and tensors; found its end at offset 9.")]
    [InlineData("{}x", "JSON object of texts and tensors; found 'x' at offset 10.")]
    [InlineData("{\n\n\"a\" 1}", "JSON object of texts and tensors; found '1' at offset 15.")]
    [InlineData("{\"a\u0000", "JSON object of texts and tensors; found the byte 0x00 at offset 11.")]
    [InlineData("[]", "object")]
    [InlineData("null", "object")]
    [InlineData("""{"\ud800":1}""", "JSON of whole characters; found half of a surrogate pair.")]
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
        Refused(HandMade.File(3, [0x7b, 0xff, 0x7d], []), "UTF-8; found the byte 0xff at offset 9.");

    [Fact]
    public void A_header_nested_too_deeply_is_refused() => Refused(HandMade.File(new string('[', 100_000)), "JSON");

    [Fact]
    public void A_name_that_comes_twice_is_refused() =>
        Refused(
            HandMade.File($"{{{Entry("a", "F32", "[1]", 0, 4)},{Entry("a", "F32", "[1]", 4, 8)}}}", Eight),
            "'a' twice"
        );

    [Theory]
    [InlineData("F31", "[2]", 0, 8, "F31")]
    [InlineData("F32", "[-2]", 0, 8, "-2")]
    [InlineData("F32", "[1.5]", 0, 8, "1.5")]
    [InlineData("F32", "[\"2\"]", 0, 8, "\"2\"")]
    [InlineData("F32", "[18446744073709551616]", 0, 8, "18446744073709551616")]
    [InlineData("F32", "[4294967296,4294967296]", 0, 8, "2^63 bytes; found the shape [4294967296; 4294967296]")]
    [InlineData("F32", "[3,5]", 0, 8, "of shape [3; 5] must have 60 bytes")]
    [InlineData("F32", "[9223372036854775807]", 0, 8, "2^63")]
    [InlineData("F32", "[0,9223372036854775807,2]", 0, 0, "2^63")]
    [InlineData("F32", "[3]", 0, 8, "12 bytes")]
    [InlineData("F32", "[1]", 0, 8, "4 bytes")]
    [InlineData("F32", "[]", 0, 8, "4 bytes")]
    [InlineData("F32", "[2]", 8, 0, "8, 0")]
    [InlineData("F32", "[2]", -8, 0, "-8")]
    [InlineData("F32", "[2]", 1, 9, "gap")]
    [InlineData("F32", "[1099511627776]", 0, 4398046511104, "must have 43980465")]
    [InlineData("U8", "[9223372036854775807]", 0, long.MaxValue, "must have 9223372036854775")]
    [InlineData("F32", "[1]", 4, 8, "gap")]
    [InlineData("F32", "[1]", 0, 4, "as its header says; it has ")]
    public void An_entry_that_does_not_fit_is_refused(string dtype, string shape, long begin, long end, string part) =>
        Refused(HandMade.File($"{{{Entry("a", dtype, shape, begin, end)}}}", Eight), part);

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
        Refused(HandMade.File(Two(4, 7), Eight), "as its header says; it has ");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(-40)]
    [InlineData(3)]
    public void A_file_of_another_length_is_refused_with_the_bytes_it_should_have_and_has(int more)
    {
        using var folder = new Folder();
        Safetensors.Save(folder["a"], [new("x", torch.ones([10])), new("y", torch.ones([2]))]);
        var sound = System.IO.File.ReadAllBytes(folder["a"]);
        var other = sound.Concat(new byte[Math.Max(0, more)]).Take(sound.Length + more).ToArray();
        Refused(other, $"the file must have {sound.Length} bytes, as its header says; it has {other.Length}.");
    }

    [Fact]
    public void A_truth_value_other_than_0_or_1_is_refused() =>
        Refused(HandMade.File($"{{{Entry("a", "BOOL", "[3]", 0, 3)}}}", 0, 1, 2), "found 2 at offset");

    [Theory]
    [InlineData("U16")]
    [InlineData("F8_E4M3")]
    [InlineData("F8_E5M2")]
    [InlineData("C64")]
    public void Elements_that_are_not_supported_are_named_and_the_file_is_not_called_damaged(string dtype)
    {
        using var folder = new Folder();
        System.IO.File.WriteAllBytes(folder["a"], HandMade.File($"{{{Entry("a", dtype, "[1]", 0, 8)}}}", Eight));
        var error = Assert.Throws<InvalidDataException>(() => Safetensors.Load(folder["a"]));
        Assert.Contains(
            $"cannot be read: tensor 'a' has the dtype {dtype}, which is not supported; convert it to one of F64, ",
            error.Message,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("damaged", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_may_be_null()
    {
        using var folder = new Folder();
        var header = $"{{\"__metadata__\":null,{Entry("a", "I64", "[1]", 0, 8)}}}";
        System.IO.File.WriteAllBytes(folder["a"], HandMade.File(header, Eight));
        using var content = Safetensors.Load(folder["a"]);
        Assert.Empty(content.Metadata);
        Assert.Equal(["a"], content.Tensors.Keys);
    }

    [Fact]
    public void A_missing_file_is_an_error() =>
        Assert.Throws<FileNotFoundException>(() => Safetensors.Load("/no-such-file.safetensors"));
}
