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

    // Creation
    internal static readonly Op Empty = new("empty.memory_format");
    internal static readonly Op Zeros = new("zeros");
    internal static readonly Op Ones = new("ones");
    internal static readonly Op Randn = new("randn.generator");

    // Arithmetic
    internal static readonly Op AddTensor = new("add.Tensor");
    internal static readonly Op AddScalar = new("add.Scalar");
    internal static readonly Op Add_Tensor = new("add_.Tensor");
    internal static readonly Op MulTensor = new("mul.Tensor");
    internal static readonly Op MulScalar = new("mul.Scalar");

    // Products
    internal static readonly Op Mm = new("mm");

    // Comparison
    internal static readonly Op Equal = new("equal");

    // Reductions
    internal static readonly Op Sum = new("sum");
}
