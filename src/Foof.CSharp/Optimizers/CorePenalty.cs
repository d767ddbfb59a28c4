using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

/// <summary>A penalty as the core asks for it.</summary>
internal sealed class CorePenalty(IPenalty penalty, Func<IEnumerable<Parameter>> own) : IWeightPenalty
{
    internal IPenalty Penalty { get; } = penalty;

    IReadOnlyList<(Parameter, Tensor)> IWeightPenalty.Gradients()
    {
        var found = Penalty.Gradients();
        if (found.Count == 0)
            return found;
        var known = own().Select(Identity.ofParameter).ToHashSet();
        var strange = found.Count(pair => !known.Contains(Identity.ofParameter(pair.Parameter)));
        return strange == 0
            ? found
            : throw new InvalidOperationException(
                $"The penalty must be of the optimiser's model; of its {found.Count} gradients, {strange} belong to no "
                    + "parameter of the optimiser: make it of the same model."
            );
    }
}
