using System.Globalization;
using static TorchSharp.torch;

namespace Foof.Torch.Tests;

public class DataTests
{
    [Fact]
    public void Elements_come_in_row_major_order_whatever_the_strides()
    {
        using var scope = NewDisposeScope();
        var x = tensor(
            new float[,]
            {
                { 1, 2, 3 },
                { 4, 5, 6 },
            }
        );
        Assert.Equal([1, 2, 3, 4, 5, 6], x.data<float>().ToArray());
        Assert.Equal([1, 4, 2, 5, 3, 6], x.t().data<float>().ToArray());
        Assert.Equal([1, 4, 2, 5, 3, 6], x.t().data<float>());
        Assert.Equal(5, x.t().data<float>()[1, 1]);
        Assert.Equal(4, x.t().data<float>()[1]);
        Assert.Equal(
            new float[,]
            {
                { 1, 4 },
                { 2, 5 },
                { 3, 6 },
            },
            (float[,])x.t().data<float>().ToNDArray()
        );
        Assert.Equal(6, x.data<float>().Count);
    }

    [Fact]
    public void Setting_elements_writes_to_the_tensor()
    {
        using var scope = NewDisposeScope();
        var x = zeros(2, 2, float64);
        var data = x.t().data<double>();
        data[0, 1] = 3;
        Close.Equal([0, 0, 3, 0], x);
        data.CopyFrom([5.0, 6.0], tensorIndex: 2);
        Close.Equal([0, 5, 3, 6], x);
        var part = new double[2];
        x.data<double>().CopyTo(part, tensorIndex: 1);
        Assert.Equal([5, 3], part);
    }

    [Fact]
    public void Elements_of_another_type_or_place_are_refused()
    {
        using var scope = NewDisposeScope();
        var x = zeros(2);
        Assert.Throws<ArgumentException>(() => x.data<double>());
        Assert.Throws<ArgumentException>(() => x.item<float>());
        Assert.Throws<ArgumentException>(() => x[0].item<int>());
        Assert.Throws<ArgumentOutOfRangeException>(() => x.data<float>()[2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => zeros(2, 2).data<float>()[0, 2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => zeros(2, 2).data<float>()[0, 1, 0]);
        var data = x.data<float>();
        x.Dispose();
        Assert.Throws<ObjectDisposedException>(() => data[0]);
    }

    [Fact]
    public void Single_elements_convert_to_numbers()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(2.5f, tensor(2.5f).item<float>());
        Assert.Equal(2.5, tensor(2.5f).ToDouble());
        Assert.Equal(
            3,
            tensor(
                    new long[,]
                    {
                        { 3 },
                    }
                )
                .ToInt32()
        );
        Assert.True(tensor(1.0).ToBoolean());
        Assert.Equal(2.5f, (float)tensor(2.5));
        Assert.Equal(ScalarType.Int64, tensor(3L).ToScalar().Type);
        Assert.Equal((Half)1.5, tensor((Half)1.5).item<Half>());
    }

    [Fact]
    public void Bytes_are_the_memory_itself()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 1, 256 });
        Assert.Equal([1, 0, 0, 0, 0, 1, 0, 0], x.bytes.ToArray());
        x.bytes = new byte[] { 2, 0, 0, 0, 3, 0, 0, 0 };
        Close.Equal([2, 3], x);
        x.bytes[0] = 9;
        Close.Equal([9, 3], x);
        Assert.Throws<ArgumentException>(() => x.bytes = new byte[3]);
        Assert.Throws<InvalidOperationException>(() => zeros(2, 2).t().bytes.Length);
    }

    [Fact]
    public void A_tensor_prints_its_shape_type_and_device()
    {
        using var scope = NewDisposeScope();
        Assert.Equal("[3x4], type = Float32, device = cpu", zeros(3, 4).ToString());
        Assert.Equal("[], type = Int64, device = cpu", tensor(1L).ToString());
    }

    [Fact]
    public void Values_print_in_every_style()
    {
        using var scope = NewDisposeScope();
        var x = tensor(
            new float[,]
            {
                { 1, 2.5f },
                { -3, 4 },
            }
        );
        var invariant = CultureInfo.InvariantCulture;
        Assert.Equal(
            "[2x2], type = Float32, device = cpu\n  1 2.5\n -3   4\n",
            x.ToString(true, cultureInfo: invariant, newLine: "\n")
        );
        Assert.Equal("[[1, 2.5]\n [-3, 4]]", x.npstr(newLine: "\n", cultureInfo: invariant));
        Assert.Equal(
            "[2x2], type = Float32, device = cpu, value = float [,] {{1f, 2.5f},\n {-3f, 4f}}",
            x.cstr(newLine: "\n", cultureInfo: invariant)
        );
        Assert.Equal("[], type = Int64, device = cpu, value = 7", tensor(7L).str());
        Assert.Equal(x.ToString(), x.metastr());
        Assert.Equal("[True, False]", tensor(new[] { true, false }).npstr());
    }

    [Fact]
    public void A_large_tensor_prints_with_gaps()
    {
        using var scope = NewDisposeScope();
        Assert.Equal("[0, 1, 2, ..., 97, 98, 99]", arange(100).npstr());
        var text = zeros(1000, 1000).str();
        Assert.Contains("...", text, StringComparison.Ordinal);
        Assert.True(text.Length < 1000);
        Assert.Contains("[1,..,..] =", zeros(2, 2, 2).jlstr(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_becomes_a_parameter()
    {
        using var scope = NewDisposeScope();
        var x = ones(2);
        using var parameter = x.AsParameter();
        Assert.True(parameter.requires_grad);
        Assert.True(x.IsInvalid);
        using var layer = nn.Linear(2, 3);
        Close.Equal(layer.call(parameter), Tensor.op_MinusMinusGreater(parameter, layer), 1e-6);
    }

    [Fact]
    public void Threads_can_be_counted_and_set()
    {
        var before = get_num_threads();
        set_num_threads(1);
        Assert.Equal(1, get_num_threads());
        set_num_threads(before);
        Assert.True(get_num_interop_threads() > 0);
        Assert.True(cuda.device_count() >= 0);
    }
}
