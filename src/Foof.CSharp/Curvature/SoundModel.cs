using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

/// <summary>Checks of a model before its curvature is computed or used.</summary>
internal static class SoundModel
{
    /// <summary>Raises unless all weights are finite numbers and no batch norm is in training mode.</summary>
    internal static void Require(nn.Module<Tensor, Tensor> model)
    {
        foreach (var (name, module) in model.named_modules())
            if (module is BatchNorm { training: true })
                throw new ArgumentException(
                    $"Batch norm '{name}' must be in evaluation mode, where data points do not depend on each other; "
                        + "it is in training mode: call model.eval() first."
                );
        foreach (var (name, parameter) in model.named_parameters())
            Numbers.requireFinite($"parameter '{name}'", "weights are not finite", "restore finite weights", parameter);
    }

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
