using static TorchSharp.torch;

namespace Foof;

/// <summary>The content of a safetensors file. Disposing it frees its tensors.</summary>
/// <example>
/// <code>
/// Safetensors.Save("model.safetensors", model.state_dict());
/// using var content = Safetensors.Load("model.safetensors");
/// Console.WriteLine(string.Join(", ", content.Tensors.Keys));
/// </code>
/// </example>
/// <param name="Tensors">The tensors by name, in the header's order, on the processor.</param>
/// <param name="Metadata">The texts by name that were saved with the tensors.</param>
public sealed record SafetensorsContent(
    IReadOnlyDictionary<string, Tensor> Tensors,
    IReadOnlyDictionary<string, string> Metadata
) : IDisposable
{
    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        foreach (var tensor in Tensors.Values)
            tensor.Dispose();
    }
}
