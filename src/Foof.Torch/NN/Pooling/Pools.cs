namespace TorchSharp.Modules;

/// <summary>The greatest element under a window at every place.</summary>
public sealed class MaxPool2d : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal MaxPool2d(long[] kernel_size, long[]? stride, long[]? padding, long[]? dilation, bool ceil_mode)
        : base(nameof(MaxPool2d))
    {
        this.kernel_size = kernel_size;
        this.stride = stride;
        this.padding = padding;
        this.dilation = dilation;
        this.ceil_mode = ceil_mode;
    }

    /// <summary>The window's extent.</summary>
    public long[] kernel_size { get; set; }

    /// <summary>How far the window moves; null for its extent.</summary>
    public long[]? stride { get; set; }

    /// <summary>How much each side is padded with minus infinity; null for nothing.</summary>
    public long[]? padding { get; set; }

    /// <summary>How far apart the window's points are; null for 1.</summary>
    public long[]? dilation { get; set; }

    /// <summary>Whether a window may stick out at the end.</summary>
    public bool ceil_mode { get; set; }

    /// <summary>The greatest elements. Shapes: [n; channels; h; w] -> [n; channels; h'; w'].</summary>
    public override torch.Tensor forward(torch.Tensor input) =>
        torch.nn.functional.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode);

    /// <summary>
    /// The greatest elements and their places in their channel, counted in row-major order.
    /// </summary>
    public (torch.Tensor Values, torch.Tensor Indices) forward_with_indices(torch.Tensor input) =>
        torch.nn.functional.max_pool2d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode);
}

/// <summary>The mean under a window at every place.</summary>
public sealed class AvgPool2d : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal AvgPool2d(
        long[] kernel_size,
        long[]? stride,
        long[]? padding,
        bool ceil_mode,
        bool count_include_pad,
        long? divisor_override
    )
        : base(nameof(AvgPool2d))
    {
        this.kernel_size = kernel_size;
        this.stride = stride;
        this.padding = padding;
        this.ceil_mode = ceil_mode;
        this.count_include_pad = count_include_pad;
        this.divisor_override = divisor_override;
    }

    /// <summary>The window's extent.</summary>
    public long[] kernel_size { get; set; }

    /// <summary>How far the window moves; null for its extent.</summary>
    public long[]? stride { get; set; }

    /// <summary>How much each side is padded with zeros; null for nothing.</summary>
    public long[]? padding { get; set; }

    /// <summary>Whether a window may stick out at the end.</summary>
    public bool ceil_mode { get; set; }

    /// <summary>Whether padded elements count.</summary>
    public bool count_include_pad { get; set; }

    /// <summary>What sums are divided by; null for the number of elements.</summary>
    public long? divisor_override { get; set; }

    /// <summary>The means. Shapes: [n; channels; h; w] -> [n; channels; h'; w'].</summary>
    public override torch.Tensor forward(torch.Tensor input) =>
        torch.nn.functional.avg_pool2d(
            input,
            kernel_size,
            stride,
            padding,
            ceil_mode,
            count_include_pad,
            divisor_override
        );
}

/// <summary>Means under as many windows as the output has places.</summary>
public sealed class AdaptiveAvgPool2d : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal AdaptiveAvgPool2d(long[] output_size)
        : base(nameof(AdaptiveAvgPool2d)) => this.output_size = output_size;

    /// <summary>The output's extent.</summary>
    public long[] output_size { get; set; }

    /// <summary>The means. Shapes: [n; channels; h; w] -> [n; channels; output_size].</summary>
    public override torch.Tensor forward(torch.Tensor input) =>
        torch.nn.functional.adaptive_avg_pool2d(input, output_size);
}

/// <summary>Greatest elements under as many windows as the output has places.</summary>
public sealed class AdaptiveMaxPool2d : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal AdaptiveMaxPool2d(long[] output_size)
        : base(nameof(AdaptiveMaxPool2d)) => this.output_size = output_size;

    /// <summary>The output's extent.</summary>
    public long[] output_size { get; set; }

    /// <summary>The greatest elements. Shapes: [n; channels; h; w] -> [n; channels; output_size].</summary>
    public override torch.Tensor forward(torch.Tensor input) =>
        torch.nn.functional.adaptive_max_pool2d(input, output_size);

    /// <summary>
    /// The greatest elements and their places in their channel, counted in row-major order.
    /// </summary>
    public (torch.Tensor output, torch.Tensor indices) forward_with_indices(torch.Tensor input) =>
        torch.nn.functional.adaptive_max_pool2d_with_indices(input, output_size);
}
