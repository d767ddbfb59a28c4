using TorchSharp.Native;

namespace TorchSharp.Modules;

/// <summary>
/// The sum over channels and a kernel's points of image times weight, at every place: [n; in; h; w] to
/// [n; out; h'; w'] with h' = (h + 2 padding - dilation (kernel - 1) - 1) / stride + 1, rounded down.
/// </summary>
public sealed class Conv2d : Convolution
{
    internal Conv2d(
        long in_channels,
        long out_channels,
        (long, long) kernel_size,
        (long, long) stride,
        (long, long)? padding,
        Padding? padding_type,
        (long, long) dilation,
        long groups,
        bool bias,
        PaddingModes padding_mode,
        torch.Device? device,
        torch.ScalarType? dtype
    )
        : base(
            nameof(Conv2d),
            in_channels,
            out_channels,
            [kernel_size.Item1, kernel_size.Item2],
            [stride.Item1, stride.Item2],
            padding is { } sides ? [sides.Item1, sides.Item2] : null,
            padding_type,
            [dilation.Item1, dilation.Item2],
            groups,
            bias,
            padding_mode,
            device,
            dtype
        ) { }

    /// <summary>The convolved images. Shapes: [n; in; h; w] -> [n; out; h'; w'], or without n.</summary>
    /// <exception cref="ArgumentException">The input has other channels or dimensions.</exception>
    public override torch.Tensor forward(torch.Tensor input)
    {
        RequireShape(input);
        if (padding_mode != PaddingModes.Zeros)
        {
            using var padded = Padded(input);
            return Aten.Conv2d.Call(padded, weight, bias, stride, new long[2], dilation, groups);
        }
        return padding is null
            ? torch.nn.functional.conv2d_padding(
                input,
                weight,
                bias,
                stride,
                padding_type!.Value,
                dilation,
                groups
            )
            : torch.nn.functional.conv2d(input, weight, bias, stride, padding, dilation, groups);
    }
}
