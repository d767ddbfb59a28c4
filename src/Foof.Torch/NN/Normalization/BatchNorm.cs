using TorchSharp.Native;

namespace TorchSharp.Modules;

/// <summary>
/// (x - mean) / sqrt(variance + eps) * weight + bias for each channel, with the batch's mean and variance
/// while training and the running ones else.
/// </summary>
public abstract class BatchNorm : NormBase
{
    private protected BatchNorm(
        long num_features,
        double eps,
        double momentum,
        bool affine,
        bool track_running_stats,
        torch.Device? device,
        torch.ScalarType? dtype,
        string name
    )
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, name) { }

    /// <summary>
    /// The normalised input, of its shape; while training, the running statistics take in the batch.
    /// </summary>
    /// <exception cref="ArgumentException">The input has another number of dimensions.</exception>
    public override torch.Tensor forward(torch.Tensor input)
    {
        ValidateInputDimensions(input);
        var tracking = training && track_running_stats;
        if (tracking)
            Aten.Add_Scalar.Run(num_batches_tracked!, 1L);
        var share =
            momentum ?? (tracking ? 1.0 / Aten.Item.CallScalar(num_batches_tracked!).ToDouble() : 0.0);
        return torch.nn.functional.batch_norm(
            input,
            running_mean,
            running_var,
            Own(nameof(weight)),
            bias,
            training || !track_running_stats,
            share,
            eps
        );
    }
}

/// <summary>A batch norm over [n; channels] or [n; channels; length].</summary>
public sealed class BatchNorm1d : BatchNorm
{
    internal BatchNorm1d(
        long num_features,
        double eps,
        double momentum,
        bool affine,
        bool track_running_stats,
        torch.Device? device,
        torch.ScalarType? dtype
    )
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, nameof(BatchNorm1d))
    { }

    /// <summary>Refuses an input that has not two or three dimensions.</summary>
    protected override void ValidateInputDimensions(torch.Tensor input)
    {
        if (input.dim() is not (2 or 3))
            throw new ArgumentException(
                $"The input of BatchNorm1d must have 2 or 3 dimensions; got {input.dim()}.",
                nameof(input)
            );
    }
}

/// <summary>A batch norm over [n; channels; h; w].</summary>
public sealed class BatchNorm2d : BatchNorm
{
    internal BatchNorm2d(
        long num_features,
        double eps,
        double momentum,
        bool affine,
        bool track_running_stats,
        torch.Device? device,
        torch.ScalarType? dtype
    )
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, nameof(BatchNorm2d))
    { }

    /// <summary>Refuses an input that has not four dimensions.</summary>
    protected override void ValidateInputDimensions(torch.Tensor input)
    {
        if (input.dim() != 4)
            throw new ArgumentException(
                $"The input of BatchNorm2d must have 4 dimensions; got {input.dim()}.",
                nameof(input)
            );
    }
}
