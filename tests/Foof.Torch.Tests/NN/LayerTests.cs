using TorchSharp.Native;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Foof.Torch.Tests.NN;

public class LayerTests
{
    [Fact]
    public void Linear_is_x_W_transposed_plus_b()
    {
        using var scope = NewDisposeScope();
        using var layer = Linear(
            Parameter(Numbers.Of([2, 3], 1, 2, 3, 4, 5, 6)),
            Parameter(Numbers.Of([2], 10, 20))
        );
        Assert.Equal((3, 2), (layer.in_features, layer.out_features));
        Numbers.Close([10 - 2, 20 - 2], layer.call(Numbers.Of([1, 3], 1, 0, -1)));
    }

    [Fact]
    public void Linear_without_bias_has_one_parameter()
    {
        using var layer = Linear(3, 2, hasBias: false);
        Assert.Null(layer.bias);
        Assert.Equal(["weight"], layer.named_parameters().Select(p => p.name));
    }

    [Theory]
    [InlineData(1, 0, 1, 1)]
    [InlineData(2, 1, 1, 1)]
    [InlineData(1, 2, 2, 1)]
    [InlineData(2, 1, 2, 3)]
    public void Conv2d_is_unfold_times_weight_in_each_group(
        long stride,
        long padding,
        long dilation,
        long groups
    )
    {
        using var scope = NewDisposeScope();
        using var layer = Conv2d(
            6,
            9,
            (3, 2),
            (stride, stride),
            (padding, padding),
            (dilation, dilation),
            groups: groups,
            dtype: float64
        );
        var input = randn([4, 6, 7, 8], float64);
        var output = layer.call(input);
        var columns = functional.unfold(
            input,
            (3, 2),
            (dilation, dilation),
            (padding, padding),
            (stride, stride)
        );
        var (places, rows) = (columns.shape[2], 6 / groups * 6);
        for (var example = 0L; example < 4; example++)
        {
            for (var group = 0L; group < groups; group++)
            {
                var patches = Aten.Narrow.Call(
                    Aten.SelectInt.Call(columns, 0L, example),
                    0L,
                    group * rows,
                    rows
                );
                var kernels = Aten.Reshape.Call(layer.weight, new long[] { 9, rows });
                var own = Aten.Narrow.Call(kernels, 0L, group * (9 / groups), 9 / groups);
                var shift = Aten.Reshape.Call(layer.bias, new long[] { 9, 1 });
                var expected = own.mm(patches)
                    .add(Aten.Narrow.Call(shift, 0L, group * (9 / groups), 9 / groups));
                var image = Aten.Reshape.Call(
                    Aten.SelectInt.Call(output, 0L, example),
                    new long[] { 9, places }
                );
                Numbers.Close(expected, Aten.Narrow.Call(image, 0L, group * (9 / groups), 9 / groups));
            }
        }
    }

    [Fact]
    public void Conv2d_tells_its_geometry()
    {
        using var layer = Conv2d(4, 8, 3, stride: 2, padding: 1, dilation: 2, groups: 2, bias: false);
        Assert.Equal([3, 3], layer.kernel_size);
        Assert.Equal([2, 2], layer.stride);
        Assert.Equal([1, 1], layer.padding!);
        Assert.Equal([2, 2], layer.dilation);
        Assert.Equal((4, 8, 2), (layer.in_channels, layer.out_channels, layer.groups));
        Assert.Equal([8, 2, 3, 3], layer.weight.shape);
        Assert.Null(layer.bias);
        Assert.Equal(PaddingModes.Zeros, layer.padding_mode);
        Assert.Null(layer.padding_type);
    }

    [Theory]
    [InlineData(PaddingModes.Zeros)]
    [InlineData(PaddingModes.Reflect)]
    [InlineData(PaddingModes.Replicate)]
    [InlineData(PaddingModes.Circular)]
    public void Padding_same_keeps_the_extent_and_convolves_the_padded_image(PaddingModes mode)
    {
        using var scope = NewDisposeScope();
        using var layer = Conv2d(1, 1, (3, 4), Padding.Same, padding_mode: mode, dtype: float64);
        var input = randn([1, 1, 6, 5], float64);
        var padded = functional.pad(input, (1, 2, 1, 1), mode);
        var output = layer.call(input);
        Assert.Equal([1, 1, 6, 5], output.shape);
        Numbers.Close(functional.conv2d(padded, layer.weight, layer.bias), output);
        using var valid = Conv2d(1, 1, 3, Padding.Valid, dtype: float64);
        Assert.Equal([1, 1, 4, 3], valid.call(input).shape);
    }

    [Fact]
    public void Conv2d_refuses_wrong_channels_groups_and_strides()
    {
        using var scope = NewDisposeScope();
        using var layer = Conv2d(3, 4, 3);
        var error = Assert.Throws<ArgumentException>(() => layer.call(randn([1, 2, 5, 5])));
        Assert.Contains("3 channels", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Conv2d(3, 4, 3, groups: 2));
        Assert.Throws<ArgumentException>(() => Conv2d(3, 4, 3, Padding.Same, stride: 2));
    }

    [Fact]
    public void Conv1d_slides_along_a_sequence()
    {
        using var scope = NewDisposeScope();
        using var layer = Conv1d(1, 1, 2, stride: 2, padding: 1, bias: false, dtype: float64);
        layer.weight = Parameter(Numbers.Of([1, 1, 2], 1, 10));
        Numbers.Close([10, 32, 4], layer.call(Numbers.Of([1, 1, 4], 1, 2, 3, 4)));
    }

    [Fact]
    public void Embedding_looks_rows_up_and_leaves_padding_alone()
    {
        using var scope = NewDisposeScope();
        using var layer = Embedding(4, 2, padding_idx: -1, dtype: float64);
        var rows = layer.weight.ToNumbers();
        Assert.Equal([0, 0], rows[6..]);
        var output = layer.call(Numbers.Classes([2, 2], 1, 3, 0, 1));
        Assert.Equal([2, 2, 2], output.shape);
        Numbers.Close([rows[2], rows[3], 0, 0, rows[0], rows[1], rows[2], rows[3]], output);
        output.sum().backward();
        Numbers.Close([1, 1, 2, 2, 0, 0, 0, 0], layer.weight.grad!);
    }

    [Fact]
    public void An_embedding_tells_how_it_looks_rows_up()
    {
        using var plain = Embedding(4, 2);
        Assert.Null(plain.padding_idx);
        Assert.Null(plain.max_norm);
        Assert.False(plain.scale_grad_by_freq || plain.sparse);
        using var special = Embedding(4, 2, -1, 1.5, 1.0, scale_grad_by_freq: true, sparse: true);
        Assert.Equal((3, 1.5, 1.0), (special.padding_idx, special.max_norm, special.norm_type));
        Assert.True(special.scale_grad_by_freq && special.sparse);
    }

    [Fact]
    public void A_pretrained_embedding_is_a_frozen_copy_and_max_norm_shortens_it()
    {
        using var scope = NewDisposeScope();
        var table = Numbers.Of([2, 2], 3, 4, 0.3, 0.4);
        using var layer = Embedding_from_pretrained(table, max_norm: 1.0);
        Assert.False(layer.weight.requires_grad);
        Numbers.Close([0.6, 0.8, 0.3, 0.4], layer.call(Numbers.Classes([2], 0, 1)), 1e-6);
        Numbers.Close([3, 4, 0.3, 0.4], table);
    }

    [Fact]
    public void Pools_take_greatest_elements_and_means()
    {
        using var scope = NewDisposeScope();
        var input = Numbers.Of([1, 1, 3, 4], 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
        Numbers.Close([6, 8], MaxPool2d(2).call(input));
        Numbers.Close([6, 8, 10, 12], MaxPool2d(2, ceil_mode: true).call(input));
        Numbers.Close([6, 7, 8, 10, 11, 12], MaxPool2d((2, 2), stride: (1, 1)).call(input));
        var (values, places) = MaxPool2d(2).forward_with_indices(input);
        Numbers.Close([6, 8], values);
        Numbers.Close([5, 7], places);
        Numbers.Close([3.5, 5.5], AvgPool2d(2).call(input));
        Numbers.Close([0.25, 1.25, 1.0, 3.5, 8.5, 5.0], AvgPool2d(2, padding: 1).call(input));
        Numbers.Close([14, 22], AvgPool2d(2, divisor_override: 1).call(input));
        Numbers.Close([6.5], AdaptiveAvgPool2d(1).call(input));
        Numbers.Close([10, 12], AdaptiveMaxPool2d([1, 2]).call(input));
    }

    [Fact]
    public void Fold_is_the_transpose_of_unfold()
    {
        using var scope = NewDisposeScope();
        var image = randn([2, 3, 5, 6], float64);
        using var layer = Unfold((2, 3), padding: (1, 0), stride: (2, 1));
        var patches = layer.call(image);
        Assert.Equal([2, 18, 12], patches.shape);
        var other = randn(patches.shape, float64);
        var folded = functional.fold(other, (5, 6), (2, 3), padding: (1, 0), stride: (2, 1));
        Numbers.Close(patches.mul(other).sum().ToNumbers(), image.mul(folded).sum());
    }

    [Fact]
    public void Flatten_and_unflatten_undo_each_other()
    {
        using var scope = NewDisposeScope();
        using var model = Sequential(Flatten(), Unflatten(1, [3, 4]), Identity());
        var input = randn([2, 3, 4]);
        Assert.Equal([2, 12], Flatten().call(input).shape);
        Assert.True(input.Equals(model.call(input)));
        Assert.False(input.IsInvalid);
    }

    [Fact]
    public void Dropout_zeroes_a_share_while_training_and_nothing_else()
    {
        using var scope = NewDisposeScope();
        using var layer = Dropout(0.25);
        manual_seed(1).Dispose();
        var ones = init.ones_(randn([100, 100]));
        var dropped = layer.call(ones).ToNumbers();
        Assert.All(dropped, x => Assert.True(x == 0 || Math.Abs(x - 4.0 / 3) < 1e-6));
        Assert.InRange(dropped.Count(x => x == 0), 2500 - 220, 2500 + 220);
        layer.eval();
        Assert.True(ones.Equals(layer.call(ones)));
    }

    [Fact]
    public void Dropout2d_zeroes_whole_channels()
    {
        using var scope = NewDisposeScope();
        using var layer = Dropout2d();
        var dropped = layer.call(init.ones_(randn([8, 8, 3, 3]))).ToNumbers();
        Assert.All(dropped.Chunk(9), channel => Assert.Single(channel.Distinct()));
        Assert.Equal([0, 2], dropped.Distinct().Order());
    }
}
