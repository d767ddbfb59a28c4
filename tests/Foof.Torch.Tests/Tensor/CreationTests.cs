using static TorchSharp.torch;

namespace Foof.Torch.Tests;

public class CreationTests
{
    [Fact]
    public void Tensors_are_made_full_of_what_is_asked_for()
    {
        using var scope = NewDisposeScope();
        Close.Equal([0, 0], zeros(2));
        Close.Equal([1, 1, 1, 1], ones(2, 2));
        Close.Equal([2.5, 2.5], full(2, 2.5));
        Close.Equal([1, 0, 0, 1], eye(2));
        Close.Equal([1, 0, 0, 0, 1, 0], eye(2, 3));
        Close.Equal([0, 1, 2], arange(3));
        Close.Equal([1, 3, 5], arange(1, 6, 2));
        Close.Equal([0.5, 1, 1.5], arange(0.5, 2, 0.5));
        Close.Equal([0, 0.25, 0.5, 0.75, 1], linspace(0, 1, 5));
        Close.Equal([1, 10, 100], logspace(0, 2, 3, dtype: float64));
        Assert.Equal([2, 3, 4, 5], empty(2, 3, 4, 5).shape);
        Assert.Equal([2, 3], zeros([2, 3]).shape);
        Assert.Equal([1, 2], empty_strided([2, 2], [1, 2]).stride());
    }

    [Fact]
    public void Tensors_and_modules_are_made_on_the_default_device()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(DeviceType.CPU, get_default_device().type);
        set_default_device("meta");
        try
        {
            Assert.Equal(DeviceType.META, zeros(2).device_type);
            Assert.Equal(DeviceType.META, tensor(new[] { 1.0, 2.0 }).device_type);
            using var linear = nn.Linear(3, 2);
            Assert.Equal(DeviceType.META, linear.weight.device_type);
            Assert.Equal(DeviceType.META, linear.bias!.device_type);
            using var norm = nn.BatchNorm1d(3);
            Assert.All(norm.buffers(), buffer => Assert.Equal(DeviceType.META, buffer.device_type));
            Assert.Equal(DeviceType.CPU, zeros(2, device: CPU).device_type);
        }
        finally
        {
            set_default_device(CPU);
        }
    }

    [Fact]
    public void Types_follow_from_the_values_or_are_as_asked()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(ScalarType.Float32, zeros(1).dtype);
        Assert.Equal(ScalarType.Float64, zeros(1, float64).dtype);
        Assert.Equal(ScalarType.Int64, arange(3).dtype);
        Assert.Equal(ScalarType.Float32, arange(3.0).dtype);
        Assert.Equal(ScalarType.Int64, full(1, 2).dtype);
        Assert.Equal(ScalarType.Float32, full(1, 2.0).dtype);
        Assert.Equal(ScalarType.Float64, tensor(1.0).dtype);
        Assert.Equal(ScalarType.Float32, tensor(1f).dtype);
        Assert.Equal(ScalarType.Int64, tensor(1L).dtype);
        Assert.Equal(ScalarType.Int32, tensor(1).dtype);
        Assert.Equal(ScalarType.Bool, tensor(true).dtype);
        Assert.Equal(ScalarType.Float32, tensor(new[] { 1.0 }, float32).dtype);
        Assert.Equal(ScalarType.Float16, tensor(new[] { (Half)1 }).dtype);
        set_default_dtype(float64);
        try
        {
            Assert.Equal(ScalarType.Float64, ones(1).dtype);
        }
        finally
        {
            set_default_dtype(float32);
        }
    }

    [Fact]
    public void Gradients_are_required_on_request()
    {
        using var scope = NewDisposeScope();
        Assert.False(zeros(1).requires_grad);
        Assert.True(zeros(1, requires_grad: true).requires_grad);
        Assert.True(randn(2, 2, requires_grad: true).requires_grad);
        Assert.True(tensor(new[] { 1.0 }, requires_grad: true).requires_grad);
        Assert.True(ones(2, float64).rand_like(requires_grad: true).requires_grad);
    }

    [Fact]
    public void Likenesses_take_shape_and_type_from_another_tensor()
    {
        using var scope = NewDisposeScope();
        var x = full([2, 1], 3.0, float64);
        foreach (
            var like in new[]
            {
                x.zeros_like(),
                ones_like(x),
                x.empty_like(),
                x.rand_like(),
                randn_like(x),
                x.full_like(2),
            }
        )
        {
            Assert.Equal([2, 1], like.shape);
            Assert.Equal(ScalarType.Float64, like.dtype);
        }
        Assert.Equal(ScalarType.Float32, zeros_like(x, float32).dtype);
        Assert.Equal(ScalarType.Float64, x.new_zeros(4).dtype);
        Close.Equal([7, 7], x.new_full(2, 7));
        Assert.Equal([2, 3], x.new_ones(2, 3).shape);
    }

    [Fact]
    public void Arrays_and_lists_become_tensors_by_copy()
    {
        using var scope = NewDisposeScope();
        var numbers = new float[] { 1, 2, 3, 4 };
        var x = tensor(numbers);
        numbers[0] = 9;
        Close.Equal([1, 2, 3, 4], x);
        Assert.Equal([2, 2], tensor(numbers, 2, 2).shape);
        Assert.Equal([2, 2], tensor(numbers, [2, 2]).shape);
        Assert.Equal([1, 4], tensor(new List<double> { 1, 2, 3, 4 }, 1, 4).shape);
        Close.Equal(
            [1, 2, 3, 4],
            tensor(
                new long[,]
                {
                    { 1, 2 },
                    { 3, 4 },
                }
            )
        );
        Close.Equal(
            [1, 2, 3, 4],
            from_array(
                new[,,]
                {
                    {
                        { 1, 2 },
                        { 3, 4 },
                    },
                }
            )
        );
        Close.Equal([1, 0], as_tensor(new[] { true, false }));
        Assert.Equal(x.Handle, as_tensor(x).Handle);
        Assert.Equal([0], tensor(Array.Empty<float>()).shape);
        Assert.Equal([], 3.5.ToTensor().shape);
        Close.Equal([1, 2], (Tensor)new[] { 1.0, 2.0 });
        Close.Equal([5], (Tensor)5);
    }

    [Fact]
    public void An_array_that_does_not_fill_its_dimensions_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => tensor(new float[3], 2, 2));
        Assert.Contains("must have 4 elements", error.Message, StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => from_array(new[] { "a" }));
    }

    [Fact]
    public void Conversions_change_the_type_and_keep_the_value()
    {
        using var scope = NewDisposeScope();
        var x = Close.Vector(1.75, -2);
        Assert.Equal(x.Handle, x.to(float64).Handle);
        Assert.NotEqual(x.Handle, x.to(float64, copy: true).Handle);
        Assert.Equal(x.Handle, x.cpu().Handle);
        Close.Equal([1, -2], x.@long());
        Close.Equal([1.75, -2], x.half());
        Close.Equal([1.75, -2], x.bfloat16());
        Close.Equal([1, 1], x.@bool());
        Assert.Equal(ScalarType.Float32, x.@float().dtype);
        Assert.Equal(ScalarType.Float64, x.@float().@double().dtype);
        Assert.Equal(ScalarType.Int32, x.type(ScalarType.Int32).dtype);
        Assert.Equal(ScalarType.Float32, x.type_as(ones(1)).dtype);
        Assert.Equal(ScalarType.Float32, x.to(ones(1)).dtype);
        Assert.Equal(ScalarType.Float32, x.to(float32, CPU).dtype);
        Assert.Equal(DeviceType.META, x.to("meta").device_type);
        var spent = x.to(float32);
        spent.to(float64, disposeAfter: true);
        Assert.True(spent.IsInvalid);
    }

    [Fact]
    public void Copies_fill_the_target_in_place()
    {
        using var scope = NewDisposeScope();
        var x = zeros(2, 2);
        Assert.Same(x, x.copy_(Close.Vector(1, 2)));
        Close.Equal([1, 2, 1, 2], x);
        Assert.Same(x, x.fill_(3));
        Assert.Same(x, x.zero_());
        Close.Equal([0, 0, 0, 0], x);
        var source = ones(3);
        Assert.Same(x, x.set_(source));
        source.fill_(4);
        Close.Equal([4, 4, 4], x);
    }
}
