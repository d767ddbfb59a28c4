namespace TorchSharp.Modules;

/// <summary>A loss of two arguments.</summary>
public abstract class Loss<T1, T2, TResult> : torch.nn.Module<T1, T2, TResult>
{
    /// <summary>A loss with a reduction.</summary>
    protected Loss(torch.nn.Reduction reduction = torch.nn.Reduction.Mean)
        : base(nameof(Loss<T1, T2, TResult>)) => this.reduction = reduction;

    /// <summary>What becomes of the loss's elements.</summary>
    public torch.nn.Reduction reduction { get; }

    /// <summary>The type's name.</summary>
    public override string GetName() => GetType().Name;
}

/// <summary>A loss of three arguments.</summary>
public abstract class Loss<T1, T2, T3, TResult> : torch.nn.Module<T1, T2, T3, TResult>
{
    /// <summary>A loss with a reduction.</summary>
    protected Loss(torch.nn.Reduction reduction = torch.nn.Reduction.Mean)
        : base(nameof(Loss<T1, T2, T3, TResult>)) => this.reduction = reduction;

    /// <summary>What becomes of the loss's elements.</summary>
    public torch.nn.Reduction reduction { get; }

    /// <summary>The type's name.</summary>
    public override string GetName() => GetType().Name;
}

/// <summary>A loss of two arguments with weights, which move with it and stay the caller's.</summary>
public abstract class WeightedLoss<T1, T2, TResult> : Loss<T1, T2, TResult>
{
    /// <summary>A loss with weights and a reduction.</summary>
    protected WeightedLoss(
        torch.Tensor? weight = null,
        torch.nn.Reduction reduction = torch.nn.Reduction.Mean
    )
        : base(reduction)
    {
        if (weight is not null)
            register_buffer(nameof(weight), weight.detach());
    }

    /// <summary>The weights, or null; the loss's own handle to them.</summary>
    public torch.Tensor? weight => OwnBuffer(nameof(weight));
}
