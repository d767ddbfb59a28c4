namespace Foof;

/// <summary>A layer as files describe it, to tell one network from another.</summary>
internal sealed record LayerDescription(string Name, long[] Shape, string Type)
{
    /// <summary>Of a network's layers.</summary>
    internal static LayerDescription[] Of(Layer[] layers) =>
        [
            .. layers.Select(layer => new LayerDescription(
                layer.Name,
                [LayerModule.outputs(layer), LayerModule.inputs(layer)],
                layer.Weight.dtype.ToString()
            )),
        ];

    /// <summary>For people; equal for equal networks.</summary>
    internal static string Text(LayerDescription[] layers) =>
        string.Join(
            ", ",
            layers.Select(layer => $"'{layer.Name}' {layer.Type} [{string.Join("; ", layer.Shape)}]")
        );
}
