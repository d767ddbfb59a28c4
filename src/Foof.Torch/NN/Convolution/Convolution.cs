namespace TorchSharp.Modules;

/// <summary>What convolutions of all dimensions have in common: geometry, weight and bias.</summary>
public abstract class Convolution : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    private protected Convolution(
        string name,
        long in_channels,
        long out_channels,
        long[] kernel_size,
        long[] stride,
        long[]? padding,
        Padding? padding_type,
        long[] dilation,
        long groups,
        bool bias,
        PaddingModes padding_mode,
        torch.Device? device,
        torch.ScalarType? dtype
    )
        : base(name)
    {
        if (groups < 1 || in_channels % groups != 0 || out_channels % groups != 0)
            throw new ArgumentException(
                $"The groups must divide both channel counts; got {groups} groups, {in_channels} input and "
                    + $"{out_channels} output channels.",
                nameof(groups)
            );
        if (padding_type == Padding.Same && stride.Any(step => step != 1))
            throw new ArgumentException(
                $"Padding.Same needs stride 1; got [{string.Join(", ", stride)}].",
                nameof(padding_type)
            );
        this.in_channels = in_channels;
        this.out_channels = out_channels;
        this.kernel_size = kernel_size;
        this.stride = stride;
        this.padding = padding_type is null ? padding ?? new long[kernel_size.Length] : null;
        this.padding_type = padding_type;
        this.dilation = dilation;
        this.groups = groups;
        this.padding_mode = padding_mode;
        long[] shape = [out_channels, in_channels / groups, .. kernel_size];
        (weight, this.bias) = torch.nn.init.Layer(shape, bias, device, dtype);
    }

    /// <summary>The channels of an input.</summary>
    public long in_channels { get; }

    /// <summary>The channels of an output.</summary>
    public long out_channels { get; }

    /// <summary>The kernel's extent in each dimension.</summary>
    public long[] kernel_size { get; set; }

    /// <summary>How far the kernel moves in each dimension.</summary>
    public long[] stride { get; set; }

    /// <summary>
    /// How much each side of each dimension is padded; null where <see cref="padding_type"/> says it.
    /// </summary>
    public long[]? padding { get; private set; }

    /// <summary>How much is padded, by its effect; null where <see cref="padding"/> says it.</summary>
    public Padding? padding_type { get; private set; }

    /// <summary>How far apart the kernel's points are in each dimension.</summary>
    public long[] dilation { get; set; }

    /// <summary>Into how many parts the channels are divided, each convolved for itself.</summary>
    public long groups { get; set; }

    /// <summary>What the padding consists of.</summary>
    public PaddingModes padding_mode { get; set; }

    /// <summary>
    /// The kernels, [out_channels; in_channels / groups; kernel_size...]. A new one takes the old one's
    /// place, which is disposed.
    /// </summary>
    public Parameter weight
    {
        get => Own(nameof(weight))!;
        set => Replace(nameof(weight), value ?? throw new ArgumentNullException(nameof(weight)));
    }

    /// <summary>
    /// One number for each output channel, or null. A new one takes the old one's place, which is disposed.
    /// </summary>
    public Parameter? bias
    {
        get => Own(nameof(bias));
        set => Replace(nameof(bias), value);
    }

    /// <summary>The input with what <see cref="padding_mode"/> puts around it.</summary>
    private protected torch.Tensor Padded(torch.Tensor input) =>
        torch.nn.functional.pad(input, PaddingOfSides(), padding_mode);

    // The last dimension first, and for each its two sides, as pad wants them.
    private long[] PaddingOfSides()
    {
        var sides = new List<long>();
        for (var i = kernel_size.Length - 1; i >= 0; i--)
        {
            var total = padding_type switch
            {
                null => 2 * padding![i],
                Padding.Same => dilation[i] * (kernel_size[i] - 1),
                _ => 0,
            };
            sides.AddRange([total / 2, total - total / 2]);
        }
        return [.. sides];
    }

    /// <summary>Refuses an input of other channels or dimensions in one sentence.</summary>
    private protected void RequireShape(torch.Tensor input)
    {
        var shape = input.shape;
        var batched = shape.Length == kernel_size.Length + 2 && shape[1] == in_channels;
        var single = shape.Length == kernel_size.Length + 1 && shape[0] == in_channels;
        if (!batched && !single)
            throw new ArgumentException(
                $"The input of {GetName()} must have {in_channels} channels and "
                    + $"{kernel_size.Length} dimensions after them; got shape [{string.Join(", ", shape)}].",
                nameof(input)
            );
    }
}
