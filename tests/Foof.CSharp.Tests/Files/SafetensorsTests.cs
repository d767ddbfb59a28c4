using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Files;

public class SafetensorsTests
{
    private static readonly Dictionary<string, string> NoTexts = [];

    private static KeyValuePair<string, Tensor> Named(string name, Tensor tensor) => new(name, tensor);

    private static SafetensorsContent ThereAndBack(params KeyValuePair<string, Tensor>[] tensors)
    {
        using var folder = new Folder();
        Safetensors.Save(folder["a"], tensors, NoTexts);
        return Safetensors.Load(folder["a"]);
    }

    private static void AssertSame(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.dtype, actual.dtype);
        Assert.Equal(expected.shape, actual.shape);
        Assert.Equal(expected.contiguous().bytes, actual.bytes);
    }

    public static TheoryData<ScalarType> Types =>
        [float64, float32, float16, bfloat16, int64, int32, int16, int8, uint8, ScalarType.Bool];

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_type_and_shape_comes_back(ScalarType type)
    {
        long[][] shapes =
        [
            [],
            [1],
            [0],
            [3, 0, 2],
            [5],
            [2, 3, 4],
            [7, 1, 3, 1],
        ];
        var tensors = shapes
            .Select(shape => ones(shape).mul(3).sub(rand(shape).mul(3).round()).to_type(type))
            .ToArray();
        using var content = ThereAndBack([.. tensors.Select((tensor, i) => Named($"t{i}", tensor))]);
        Assert.Equal(shapes.Length, content.Tensors.Count);
        foreach (var (i, expected) in tensors.Index())
            AssertSame(expected, content.Tensors[$"t{i}"]);
    }

    [Fact]
    public void Views_in_any_layout_are_saved_in_row_major_order()
    {
        var matrix = arange(12, float32).reshape(3, 4);
        var parameter = randn([2, 3], requires_grad: true);
        using var content = ThereAndBack(
            Named("transposed", matrix.t()),
            Named("column", matrix.narrow(1, 2, 1)),
            Named("expanded", ones([1]).expand(3, 2)),
            Named("parameter", parameter)
        );
        AssertSame(matrix.t(), content.Tensors["transposed"]);
        AssertSame(matrix.narrow(1, 2, 1), content.Tensors["column"]);
        AssertSame(ones([3, 2]), content.Tensors["expanded"]);
        AssertSame(parameter, content.Tensors["parameter"]);
        Assert.False(content.Tensors["parameter"].requires_grad);
    }

    [Fact]
    public void A_tensor_larger_than_a_chunk_comes_back()
    {
        var large = arange((1 << 23) + 5, float32);
        using var content = ThereAndBack(Named("large", large));
        AssertSame(large, content.Tensors["large"]);
    }

    [Fact]
    public void The_bytes_are_those_of_a_file_made_by_hand()
    {
        using var folder = new Folder();
        KeyValuePair<string, Tensor>[] tensors =
        [
            Named("flag", tensor(true)),
            Named("w", tensor(new float[] { 1, -2 })),
            Named("b", tensor(new long[] { 258 })),
        ];
        Safetensors.Save(folder["a"], tensors, [new("format", "pt"), new("note", "é\"")]);
        var header =
            """{"__metadata__":{"format":"pt","note":"\u00E9\u0022"},"""
            + string.Join(
                ",",
                HandMade.Entry("flag", "BOOL", "[]", 16, 17),
                HandMade.Entry("w", "F32", "[2]", 8, 16),
                HandMade.Entry("b", "I64", "[1]", 0, 8)
            )
            + "}";
        header = header.PadRight((header.Length + 7) / 8 * 8);
        byte[] data = [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 1];
        var expected = HandMade.File(header, data);
        Assert.Equal(expected, File.ReadAllBytes(folder["a"]));
        using var content = Safetensors.Load(folder["a"]);
        Assert.Equal(["flag", "w", "b"], content.Tensors.Keys);
        Assert.Equal("é\"", content.Metadata["note"]);
        Safetensors.Save(folder["b"], content.Tensors, content.Metadata);
        Assert.Equal(expected, File.ReadAllBytes(folder["b"]));
    }

    [Fact]
    public void A_file_without_tensors_is_a_file()
    {
        using var content = ThereAndBack();
        Assert.Empty(content.Tensors);
        Assert.Empty(content.Metadata);
    }

    [Fact]
    public void Reading_and_writing_leave_no_tensor_behind()
    {
        using var folder = new Folder();
        using var matrix = randn([30, 40]);
        var before = LiveTensors.Settled();
        Safetensors.Save(folder["a"], [Named("a", matrix), Named("b", matrix)]);
        Safetensors.Load(folder["a"]).Dispose();
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void What_cannot_be_saved_leaves_the_old_file()
    {
        using var folder = new Folder();
        File.WriteAllText(folder["a"], "old");
        var one = ones([1]);
        Assert.Throws<ArgumentException>(() => Safetensors.Save(folder["a"], [Named("x", one), Named("x", one)]));
        Assert.Throws<ArgumentException>(() => Safetensors.Save(folder["a"], [Named("__metadata__", one)]));
        Assert.Throws<ArgumentException>(() => Safetensors.Save(folder["a"], [Named("x", one.to_type(complex64))]));
        Assert.Throws<ArgumentException>(() => Safetensors.Save(folder["a"], [], [new("a", "1"), new("a", "2")]));
        Assert.Equal("old", File.ReadAllText(folder["a"]));
        Assert.Equal(["a"], folder.Files);
    }

    [Fact]
    public void A_missing_tensor_is_named()
    {
        using var scope = NewDisposeScope();
        using var folder = new Folder();
        var error = Assert.Throws<ArgumentException>(() =>
            Safetensors.Save(folder["file"], new Dictionary<string, Tensor> { ["a"] = ones(1), ["b"] = null! })
        );
        Assert.Contains("'b' is null", error.Message);
        Assert.False(File.Exists(folder["file"]));
    }
}
