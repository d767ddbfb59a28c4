using TorchSharp.Native;

namespace TorchSharp.Modules;

/// <summary>The operators that only optimisers call; the others are in <see cref="Aten"/>.</summary>
internal static class OptimOps
{
    internal static readonly Op Lerp_ = new("lerp_.Scalar");
    internal static readonly Op MaximumOut = new("maximum.out");
    internal static readonly Op ToCopy = new("_to_copy");
}
