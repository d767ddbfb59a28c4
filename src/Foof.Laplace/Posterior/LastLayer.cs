using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>Finds the layer that a forward pass runs last, which need not be the one registered last.</summary>
internal static class LastLayer
{
    /// <summary>
    /// Returns the last of the layers with these names that a forward pass runs; without an input, or if it runs none
    /// of them, the one registered last.
    /// </summary>
    /// <param name="layers">The layers to choose from, in the order of registration; at least one.</param>
    /// <param name="called">The names of layers in the order of their calls; null without an input.</param>
    internal static Layer Of(Layer[] layers, IReadOnlyList<string>? called) =>
        layers.MaxBy(layer => (called?.ToList().LastIndexOf(layer.Name), Array.IndexOf(layers, layer)))!;

    /// <summary>Runs the model, and returns the names of the layers in the order of their calls.</summary>
    internal static IReadOnlyList<string> Calls(
        nn.Module<Tensor, Tensor> model,
        Layer[] layers,
        Tensor input,
        Tensor? target = null
    )
    {
        var names = new List<string>();
        var thread = Environment.CurrentManagedThreadId;
        var hooks = (
            from layer in layers
            from module in layer.Modules
            select module.register_forward_hook((_, _, _) => Note(layer.Name))
        ).ToArray();
        try
        {
            Mismatch.Explained(model, input, target, () => ForwardPass.output(model, input)).Dispose();
        }
        finally
        {
            foreach (var hook in hooks)
                hook.remove();
        }
        return names;

        // Null leaves the layer's output as it is.
        Tensor Note(string name)
        {
            if (Environment.CurrentManagedThreadId == thread)
                names.Add(name);
            return null!;
        }
    }
}
