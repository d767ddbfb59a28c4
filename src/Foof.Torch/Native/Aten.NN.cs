namespace TorchSharp.Native;

internal static partial class Aten
{
    // Layers
    internal static readonly Op Linear = new("linear");

    // Activations
    internal static readonly Op Relu = new("relu");
    internal static readonly Op Relu_ = new("relu_");

    // Losses
    internal static readonly Op CrossEntropyLoss = new("cross_entropy_loss");
}
