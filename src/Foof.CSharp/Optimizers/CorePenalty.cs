using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

/// <summary>A penalty as the core asks for it.</summary>
internal sealed class CorePenalty(IPenalty penalty, Func<IEnumerable<Parameter>> own) : IWeightPenalty
{
    internal IPenalty Penalty { get; } = penalty;

    IReadOnlyDictionary<nint, Tensor> IWeightPenalty.Gradients()
    {
        var found = Penalty.Gradients().ToDictionary(pair => pair.Parameter.Handle, pair => pair.Gradient);
        if (found.Count > 0 && !own().Any(parameter => found.ContainsKey(parameter.Handle)))
            throw new InvalidOperationException(
                $"The penalty must be of the optimiser's model; none of its {found.Count} gradients is of a "
                    + "parameter of the optimiser: make it of the same model."
            );
        return found;
    }
}
