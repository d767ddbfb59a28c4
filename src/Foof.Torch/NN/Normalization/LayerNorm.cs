namespace TorchSharp.Modules;

/// <summary>
/// (x - mean) / sqrt(variance + eps) * weight + bias, with mean and variance over the last dimensions.
/// </summary>
public sealed class LayerNorm : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    internal LayerNorm(
        long[] normalized_shape,
        double eps,
        bool elementwise_affine,
        bool bias,
        torch.Device? device,
        torch.ScalarType? dtype
    )
        : base(nameof(LayerNorm))
    {
        this.normalized_shape = normalized_shape;
        this.eps = eps;
        this.elementwise_affine = elementwise_affine;
        if (elementwise_affine)
            weight = torch.nn.init.EmptyParameter(normalized_shape, device, dtype);
        if (elementwise_affine && bias)
            this.bias = torch.nn.init.EmptyParameter(normalized_shape, device, dtype);
        reset_parameters();
    }

    /// <summary>The last dimensions, which are normalised together.</summary>
    public long[] normalized_shape { get; set; }

    /// <summary>What is added to the variance before its root.</summary>
    public double eps { get; set; }

    /// <summary>Whether there is a scale to learn.</summary>
    public bool elementwise_affine { get; set; }

    /// <summary>The scale, of the normalised shape, where affine.</summary>
    public Parameter weight
    {
        get => Own(nameof(weight))!;
        set => Replace(nameof(weight), value ?? throw new ArgumentNullException(nameof(weight)));
    }

    /// <summary>The shift, of the normalised shape, or null.</summary>
    public Parameter? bias
    {
        get => Own(nameof(bias));
        set => Replace(nameof(bias), value);
    }

    /// <summary>Scale one and shift zero.</summary>
    public void reset_parameters()
    {
        if (Own(nameof(weight)) is { } scale)
            torch.nn.init.ones_(scale);
        if (bias is { } shift)
            torch.nn.init.zeros_(shift);
    }

    /// <summary>The normalised input, of its shape.</summary>
    public override torch.Tensor forward(torch.Tensor input) =>
        torch.nn.functional.layer_norm(input, normalized_shape, Own(nameof(weight)), bias, eps);
}
