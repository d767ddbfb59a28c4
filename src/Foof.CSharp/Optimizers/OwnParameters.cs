using TorchSharp.Modules;

namespace Foof;

/// <summary>Checks that a model still has the parameters that an object was made for.</summary>
internal static class OwnParameters
{
    /// <summary>
    /// Raises if one of them was freed, as TorchSharp does when it replaces a parameter by a converted one.
    /// </summary>
    /// <param name="owner">The object that was made for them.</param>
    /// <param name="parameters">The parameters that the model had then.</param>
    /// <exception cref="InvalidOperationException">One of them was freed.</exception>
    internal static void Require(string owner, IEnumerable<Parameter> parameters)
    {
        foreach (var parameter in parameters)
            if (parameter.IsInvalid)
                throw new InvalidOperationException(
                    $"{owner} was made for parameters that the model no longer has: its to(...) replaces "
                        + "them, and so does load(...) where it is on a card, or it was disposed of: make the "
                        + $"{owner} after that."
                );
    }

    /// <summary>Raises if a parameter of a layer was freed.</summary>
    /// <inheritdoc cref="Require(string, IEnumerable{Parameter})"/>
    internal static void Require(string owner, IEnumerable<Layer> layers) =>
        Require(owner, layers.SelectMany(LayerModule.parameters));
}
