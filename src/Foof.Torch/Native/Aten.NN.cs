namespace TorchSharp.Native;

internal static partial class Aten
{
    // Layers
    internal static readonly Op Linear = new("linear");

    // Activations

    // Losses
    internal static readonly Op CrossEntropyLoss = new("cross_entropy_loss");
}
