using static TorchSharp.torch;

namespace Foof;

/// <summary>A penalty as the core asks for it.</summary>
internal sealed class CorePenalty(IPenalty penalty) : IWeightPenalty
{
    internal IPenalty Penalty { get; } = penalty;

    IReadOnlyDictionary<nint, Tensor> IWeightPenalty.Gradients() =>
        Penalty.Gradients().ToDictionary(pair => pair.Parameter.Handle, pair => pair.Gradient);
}
