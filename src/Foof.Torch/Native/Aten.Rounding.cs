namespace TorchSharp.Native;

internal static partial class Aten
{
    internal static readonly Op Abs = new("abs");
    internal static readonly Op Abs_ = new("abs_");
    internal static readonly Op Neg = new("neg");
    internal static readonly Op Neg_ = new("neg_");
    internal static readonly Op Sign = new("sign");
    internal static readonly Op Sign_ = new("sign_");
    internal static readonly Op Sgn = new("sgn");
    internal static readonly Op Sgn_ = new("sgn_");
    internal static readonly Op Ceil = new("ceil");
    internal static readonly Op Ceil_ = new("ceil_");
    internal static readonly Op Floor = new("floor");
    internal static readonly Op Floor_ = new("floor_");
    internal static readonly Op Trunc = new("trunc");
    internal static readonly Op Trunc_ = new("trunc_");
    internal static readonly Op Frac = new("frac");
    internal static readonly Op Frac_ = new("frac_");
    internal static readonly Op Positive = new("positive");
    internal static readonly Op RoundDecimals = new("round.decimals");
    internal static readonly Op Round_Decimals = new("round_.decimals");
    internal static readonly Op Signbit = new("signbit");
    internal static readonly Op CopysignTensor = new("copysign.Tensor");
    internal static readonly Op Copysign_Tensor = new("copysign_.Tensor");
    internal static readonly Op Nextafter = new("nextafter");
    internal static readonly Op Nextafter_ = new("nextafter_");
    internal static readonly Op NanToNum = new("nan_to_num");
    internal static readonly Op NanToNum_ = new("nan_to_num_");
    internal static readonly Op Gcd = new("gcd");
    internal static readonly Op Gcd_ = new("gcd_");
    internal static readonly Op Lcm = new("lcm");
    internal static readonly Op Lcm_ = new("lcm_");
    internal static readonly Op Heaviside = new("heaviside");
    internal static readonly Op Heaviside_ = new("heaviside_");
}
