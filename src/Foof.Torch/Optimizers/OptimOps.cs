using TorchSharp.Native;

namespace TorchSharp.Modules;

/// <summary>The operators that a step of an optimiser calls.</summary>
internal static class OptimOps
{
    internal static readonly Op Add = new("add.Tensor");
    internal static readonly Op Add_ = new("add_.Tensor");
    internal static readonly Op AddScalar_ = new("add_.Scalar");
    internal static readonly Op Mul_ = new("mul_.Scalar");
    internal static readonly Op Lerp_ = new("lerp_.Scalar");
    internal static readonly Op Addcmul = new("addcmul");
    internal static readonly Op Addcmul_ = new("addcmul_");
    internal static readonly Op Addcdiv_ = new("addcdiv_");
    internal static readonly Op Sqrt = new("sqrt");
    internal static readonly Op Sqrt_ = new("sqrt_");
    internal static readonly Op Neg = new("neg");
    internal static readonly Op MaximumOut = new("maximum.out");
    internal static readonly Op Zero_ = new("zero_");
    internal static readonly Op Clone = new("clone");
    internal static readonly Op ToCopy = new("_to_copy");
    internal static readonly Op FullLike = new("full_like");
    internal static readonly Op AllClose = new("allclose");
}
