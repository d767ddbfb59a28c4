namespace TorchSharp.Native;

internal static partial class Aten
{
    internal static readonly Op ScalarTensor = new("scalar_tensor");
    internal static readonly Op ArangeStartStep = new("arange.start_step");
    internal static readonly Op Linspace = new("linspace");
    internal static readonly Op Logspace = new("logspace");
    internal static readonly Op EyeM = new("eye.m");
    internal static readonly Op EmptyStrided = new("empty_strided");
    internal static readonly Op Zeros = new("zeros");
    internal static readonly Op Ones = new("ones");
    internal static readonly Op EmptyMemoryFormat = new("empty.memory_format");
    internal static readonly Op Full = new("full");
    internal static readonly Op RandGenerator = new("rand.generator");
    internal static readonly Op RandnGenerator = new("randn.generator");
    internal static readonly Op ZerosLike = new("zeros_like");
    internal static readonly Op OnesLike = new("ones_like");
    internal static readonly Op EmptyLike = new("empty_like");
    internal static readonly Op RandLike = new("rand_like");
    internal static readonly Op RandnLike = new("randn_like");
    internal static readonly Op FullLike = new("full_like");
    internal static readonly Op RandintLikeLowDtype = new("randint_like.low_dtype");
}
