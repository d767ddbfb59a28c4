using TorchSharp.Native;

namespace TorchSharp.Modules;

/// <summary>
/// A normalisation by channel with running statistics, and with a scale and a shift to learn.
/// </summary>
public abstract class NormBase : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    /// <summary>Scale one and shift zero, running mean zero and running variance one.</summary>
    private protected NormBase(
        long num_features,
        double eps,
        double? momentum,
        bool affine,
        bool track_running_stats,
        torch.Device? device,
        torch.ScalarType? dtype,
        string name
    )
        : base(name)
    {
        this.num_features = num_features;
        this.eps = eps;
        this.momentum = momentum;
        this.affine = affine;
        this.track_running_stats = track_running_stats;
        if (affine)
        {
            weight = torch.nn.init.EmptyParameter([num_features], device, dtype);
            bias = torch.nn.init.EmptyParameter([num_features], device, dtype);
        }
        if (track_running_stats)
        {
            running_mean = Buffer([num_features], dtype ?? torch.get_default_dtype(), device);
            running_var = Buffer([num_features], dtype ?? torch.get_default_dtype(), device);
            num_batches_tracked = Buffer([], torch.ScalarType.Int64, device);
        }
        reset_parameters();
    }

    /// <summary>The channels.</summary>
    public long num_features { get; private set; }

    /// <summary>What is added to a variance before its root.</summary>
    public double eps { get; set; }

    /// <summary>
    /// The share of the newest batch in the running statistics; null for the mean over all batches.
    /// </summary>
    public double? momentum { get; set; }

    /// <summary>Whether there are a scale and a shift to learn.</summary>
    public bool affine { get; private set; }

    /// <summary>Whether there are running statistics.</summary>
    public bool track_running_stats { get; private set; }

    /// <summary>The scale, [num_features], where affine.</summary>
    public Parameter weight
    {
        get => Own(nameof(weight))!;
        set => Replace(nameof(weight), value ?? throw new ArgumentNullException(nameof(weight)));
    }

    /// <summary>The shift, [num_features], where affine.</summary>
    public Parameter? bias
    {
        get => Own(nameof(bias));
        set => Replace(nameof(bias), value);
    }

    /// <summary>The running mean, [num_features], where tracked.</summary>
    public torch.Tensor? running_mean
    {
        get => OwnBuffer(nameof(running_mean));
        set => ReplaceBuffer(nameof(running_mean), value);
    }

    /// <summary>The running variance, [num_features], where tracked.</summary>
    public torch.Tensor? running_var
    {
        get => OwnBuffer(nameof(running_var));
        set => ReplaceBuffer(nameof(running_var), value);
    }

    /// <summary>How many batches the running statistics saw, where tracked.</summary>
    public torch.Tensor? num_batches_tracked
    {
        get => OwnBuffer(nameof(num_batches_tracked));
        set => ReplaceBuffer(nameof(num_batches_tracked), value);
    }

    /// <summary>Scale one, shift zero, and the running statistics as new.</summary>
    public void reset_parameters()
    {
        reset_running_stats();
        if (!affine)
            return;
        torch.nn.init.ones_(weight);
        torch.nn.init.zeros_(bias!);
    }

    /// <summary>Running mean zero, running variance one, no batch seen.</summary>
    public void reset_running_stats()
    {
        if (!track_running_stats)
            return;
        torch.nn.init.zeros_(running_mean!);
        torch.nn.init.ones_(running_var!);
        torch.nn.init.zeros_(num_batches_tracked!);
    }

    /// <summary>Refuses an input of dimensions that the layer does not take.</summary>
    protected abstract void ValidateInputDimensions(torch.Tensor input);

    private static torch.Tensor Buffer(long[] shape, torch.ScalarType dtype, torch.Device? device) =>
        Aten.EmptyMemoryFormat.Call(shape, dtype, Native.Value.None, device ?? torch.get_default_device());
}
