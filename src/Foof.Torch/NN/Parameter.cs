namespace TorchSharp.Modules;

/// <summary>A tensor that a model learns.</summary>
public class Parameter : torch.Tensor
{
    /// <summary>Takes over <paramref name="data"/>, whose handle is empty afterwards.</summary>
    public Parameter(torch.Tensor data, bool requires_grad = true)
        : base(data) => this.requires_grad = requires_grad;
}
