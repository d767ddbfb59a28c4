namespace Foof;

/// <summary>The description of a layer in files, which distinguishes one network from another.</summary>
internal sealed record LayerDescription(string Name, long[] Shape, string Type)
{
    /// <summary>Describes a network's layers.</summary>
    internal static LayerDescription[] Of(Layer[] layers) =>
        [
            .. layers.Select(layer => new LayerDescription(
                layer.Name,
                [LayerModule.outputs(layer), LayerModule.inputs(layer)],
                layer.Weight.dtype.ToString()
            )),
        ];

    /// <summary>Writes descriptions for messages; the texts of equal networks are equal.</summary>
    internal static string Text(LayerDescription[] layers) =>
        string.Join(", ", layers.Select(layer => $"'{layer.Name}' {layer.Type} [{Foof.Shape.text(layer.Shape)}]"));
}
