using TorchSharp.Modules;

namespace Foof;

/// <summary>Whether a model still has the parameters that something was made for.</summary>
internal static class OwnParameters
{
    /// <summary>
    /// Raises where one was freed, as TorchSharp does when it puts a converted parameter in the place of the old one.
    /// </summary>
    /// <param name="owner">What was made for them.</param>
    /// <param name="parameters">They, as they were then.</param>
    /// <exception cref="InvalidOperationException">One of them was freed.</exception>
    internal static void Require(string owner, IEnumerable<Parameter> parameters)
    {
        foreach (var parameter in parameters)
            if (parameter.IsInvalid)
                throw new InvalidOperationException(
                    $"{owner} was made for parameters that the model does not have any more: its to(...) replaces "
                        + "them, and so does load(...) where it is on a card, or it was disposed of: make the "
                        + $"{owner} after that."
                );
    }

    /// <summary>Raises where a parameter of a layer was freed.</summary>
    /// <inheritdoc cref="Require(string, IEnumerable{Parameter})"/>
    internal static void Require(string owner, IEnumerable<Layer> layers) =>
        Require(owner, layers.SelectMany(LayerModule.parameters));
}
