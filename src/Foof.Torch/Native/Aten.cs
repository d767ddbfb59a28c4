namespace TorchSharp.Native;

/// <summary>
/// The operators of libtorch that are bound, each found at its first call: the index of what reaches native
/// code. A test asks the dispatcher for every one.
/// </summary>
internal static partial class Aten
{
    // Autograd
    internal static readonly Op Detach = new("detach");
    internal static readonly Op Detach_ = new("detach_");
    internal static readonly Op RetainGrad = new("retain_grad");
}
