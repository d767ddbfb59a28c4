namespace TorchSharp.Modules;

/// <summary>
/// (x - mean) / sqrt(variance + eps) * weight + bias, with mean and variance over groups of channels of one
/// example.
/// </summary>
public sealed class GroupNorm : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    internal GroupNorm(
        long num_groups,
        long num_channels,
        double eps,
        bool affine,
        torch.Device? device,
        torch.ScalarType? dtype
    )
        : base(nameof(GroupNorm))
    {
        if (num_groups < 1 || num_channels % num_groups != 0)
            throw new ArgumentException(
                $"The groups must divide the channels; got {num_groups} groups and {num_channels} channels.",
                nameof(num_groups)
            );
        this.num_groups = num_groups;
        this.eps = eps;
        this.affine = affine;
        if (!affine)
            return;
        weight = torch.nn.init.EmptyParameter([num_channels], device, dtype);
        bias = torch.nn.init.EmptyParameter([num_channels], device, dtype);
        torch.nn.init.ones_(weight);
        torch.nn.init.zeros_(bias);
    }

    /// <summary>The groups of channels.</summary>
    public long num_groups { get; set; }

    /// <summary>What is added to the variance before its root.</summary>
    public double eps { get; set; }

    /// <summary>Whether there are a scale and a shift to learn.</summary>
    public bool affine { get; set; }

    /// <summary>The scale, one for each channel, where affine.</summary>
    public Parameter weight
    {
        get => Own(nameof(weight))!;
        set => Replace(nameof(weight), value ?? throw new ArgumentNullException(nameof(weight)));
    }

    /// <summary>The shift, one for each channel, where affine.</summary>
    public Parameter? bias
    {
        get => Own(nameof(bias));
        set => Replace(nameof(bias), value);
    }

    /// <summary>The normalised input, of its shape [n; channels; ...].</summary>
    public override torch.Tensor forward(torch.Tensor input) =>
        torch.nn.functional.group_norm(input, num_groups, Own(nameof(weight)), bias, eps);
}
