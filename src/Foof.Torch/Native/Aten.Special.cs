namespace TorchSharp.Native;

internal static partial class Aten
{
    internal static readonly Op Erf = new("erf");
    internal static readonly Op Erf_ = new("erf_");
    internal static readonly Op Erfc = new("erfc");
    internal static readonly Op Erfc_ = new("erfc_");
    internal static readonly Op Erfinv = new("erfinv");
    internal static readonly Op Erfinv_ = new("erfinv_");
    internal static readonly Op Lgamma = new("lgamma");
    internal static readonly Op Lgamma_ = new("lgamma_");
    internal static readonly Op Digamma = new("digamma");
    internal static readonly Op Digamma_ = new("digamma_");
    internal static readonly Op I0 = new("i0");
    internal static readonly Op I0_ = new("i0_");
    internal static readonly Op Mvlgamma = new("mvlgamma");
    internal static readonly Op Mvlgamma_ = new("mvlgamma_");
    internal static readonly Op Polygamma = new("polygamma");
    internal static readonly Op Polygamma_ = new("polygamma_");
    internal static readonly Op Igamma = new("igamma");
    internal static readonly Op Igammac = new("igammac");
    internal static readonly Op Logit = new("logit");
    internal static readonly Op Logit_ = new("logit_");
}
