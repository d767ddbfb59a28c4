using TorchSharp.Native;

namespace TorchSharp;

/// <summary>General operators that modules call directly.</summary>
internal static class NNOps
{
    internal static readonly Op Zero_ = new("zero_");
    internal static readonly Op Fill_ = new("fill_.Scalar");
    internal static readonly Op Copy_ = new("copy_");
    internal static readonly Op Uniform_ = new("uniform_");
    internal static readonly Op Normal_ = new("normal_");
    internal static readonly Op To = new("to.dtype_layout");
    internal static readonly Op Empty = new("empty.memory_format");
    internal static readonly Op Eye = new("eye.m");
    internal static readonly Op Erfinv_ = new("erfinv_");
    internal static readonly Op Mul_ = new("mul_.Tensor");
    internal static readonly Op MulScalar_ = new("mul_.Scalar");
    internal static readonly Op AddScalar_ = new("add_.Scalar");
    internal static readonly Op Clamp_ = new("clamp_");
    internal static readonly Op Sign = new("sign");
    internal static readonly Op Diagonal = new("diagonal");
    internal static readonly Op Qr = new("linalg_qr");
    internal static readonly Op Transpose = new("t");
    internal static readonly Op Reshape = new("reshape");
}
