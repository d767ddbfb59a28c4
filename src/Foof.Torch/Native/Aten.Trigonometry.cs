namespace TorchSharp.Native;

internal static partial class Aten
{
    internal static readonly Op Sin = new("sin");
    internal static readonly Op Sin_ = new("sin_");
    internal static readonly Op Cos = new("cos");
    internal static readonly Op Cos_ = new("cos_");
    internal static readonly Op Tan = new("tan");
    internal static readonly Op Tan_ = new("tan_");
    internal static readonly Op Sinh = new("sinh");
    internal static readonly Op Sinh_ = new("sinh_");
    internal static readonly Op Cosh = new("cosh");
    internal static readonly Op Cosh_ = new("cosh_");
    internal static readonly Op Tanh = new("tanh");
    internal static readonly Op Tanh_ = new("tanh_");
    internal static readonly Op Asin = new("asin");
    internal static readonly Op Asin_ = new("asin_");
    internal static readonly Op Acos = new("acos");
    internal static readonly Op Acos_ = new("acos_");
    internal static readonly Op Atan = new("atan");
    internal static readonly Op Atan_ = new("atan_");
    internal static readonly Op Asinh = new("asinh");
    internal static readonly Op Asinh_ = new("asinh_");
    internal static readonly Op Acosh = new("acosh");
    internal static readonly Op Acosh_ = new("acosh_");
    internal static readonly Op Atanh = new("atanh");
    internal static readonly Op Atanh_ = new("atanh_");
    internal static readonly Op Sinc = new("sinc");
    internal static readonly Op Sinc_ = new("sinc_");
    internal static readonly Op Atan2 = new("atan2");
    internal static readonly Op Atan2_ = new("atan2_");
    internal static readonly Op Deg2rad = new("deg2rad");
    internal static readonly Op Deg2rad_ = new("deg2rad_");
    internal static readonly Op Rad2deg = new("rad2deg");
    internal static readonly Op Rad2deg_ = new("rad2deg_");
}
