using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

/// <summary>Checks of a model before its curvature is computed or used.</summary>
internal static class SoundModel
{
    /// <summary>
    /// Raises unless all weights are finite numbers and no module is random or mixes data points: no dropout and no
    /// batch norm is in training mode, and batch norms have running statistics.
    /// </summary>
    internal static void Require(nn.Module<Tensor, Tensor> model)
    {
        foreach (var (name, module) in model.named_modules().Prepend(("", model)))
            if (Objection(module) is var (kind, requirement, found))
                throw new ArgumentException(
                    $"{kind} '{(name.Length == 0 ? module.GetName() : name)}' must {requirement}; {found}."
                );
        foreach (var (name, parameter) in model.named_parameters())
            Numbers.requireFinite($"parameter '{name}'", "weights are not finite", "restore finite weights", parameter);
    }

    private static (string Kind, string Requirement, string Found)? Objection(nn.Module module) =>
        module switch
        {
            BatchNorm { training: true } => (
                "Batch norm",
                "be in evaluation mode, where data points do not depend on each other",
                "it is in training mode: call model.eval() first"
            ),
            BatchNorm norm when norm.running_mean is null => (
                "Batch norm",
                "have running statistics, so that data points do not depend on each other",
                "it has none and normalises by each batch: make it with track_running_stats: true"
            ),
            { training: true } when DropoutProbability(module) is > 0 and var p => (
                "Dropout",
                "be in evaluation mode, where outputs are not random",
                $"it is in training mode with p = {FormattableString.Invariant($"{p}")}: call model.eval() first"
            ),
            _ => null,
        };

    private static double? DropoutProbability(nn.Module module) =>
        module switch
        {
            Dropout dropout => dropout.p,
            Dropout1d dropout => dropout.p,
            Dropout2d dropout => dropout.p,
            Dropout3d dropout => dropout.p,
            AlphaDropout dropout => dropout.p,
            FeatureAlphaDropout dropout => dropout.p,
            _ => null,
        };

    /// <summary>
    /// Raises if a parameter that an object was made for was freed, as TorchSharp does when it replaces a parameter by a converted one.
    /// </summary>
    /// <param name="owner">The object that was made for them.</param>
    /// <param name="parameters">The parameters that the model had then.</param>
    /// <exception cref="InvalidOperationException">One of them was freed.</exception>
    internal static void RequireParameters(string owner, IEnumerable<Parameter> parameters)
    {
        foreach (var parameter in parameters)
            if (parameter.IsInvalid)
                throw new InvalidOperationException(
                    $"{owner} was made for parameters that the model no longer has: its to(...) replaces "
                        + "them, and so does its load(...) on a GPU, or the model was disposed of: make the "
                        + $"{owner} after that."
                );
    }

    /// <summary>Raises if a parameter of a layer was freed.</summary>
    /// <inheritdoc cref="RequireParameters(string, IEnumerable{Parameter})"/>
    internal static void RequireParameters(string owner, IEnumerable<Layer> layers) =>
        RequireParameters(owner, layers.SelectMany(LayerModule.parameters));
}
