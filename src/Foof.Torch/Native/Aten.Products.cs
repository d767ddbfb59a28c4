namespace TorchSharp.Native;

internal static partial class Aten
{
    internal static readonly Op Matmul = new("matmul");
    internal static readonly Op Mm = new("mm");
    internal static readonly Op Mv = new("mv");
    internal static readonly Op Bmm = new("bmm");
    internal static readonly Op Dot = new("dot");
    internal static readonly Op Vdot = new("vdot");
    internal static readonly Op Inner = new("inner");
    internal static readonly Op Outer = new("outer");
    internal static readonly Op Ger = new("ger");
    internal static readonly Op Kron = new("kron");
    internal static readonly Op Tensordot = new("tensordot");
    internal static readonly Op Addmm = new("addmm");
    internal static readonly Op Addmm_ = new("addmm_");
    internal static readonly Op Addmv = new("addmv");
    internal static readonly Op Addmv_ = new("addmv_");
    internal static readonly Op Addr = new("addr");
    internal static readonly Op Addr_ = new("addr_");
    internal static readonly Op Addbmm = new("addbmm");
    internal static readonly Op Addbmm_ = new("addbmm_");
    internal static readonly Op Baddbmm = new("baddbmm");
    internal static readonly Op Addcmul = new("addcmul");
    internal static readonly Op Addcmul_ = new("addcmul_");
    internal static readonly Op Addcdiv = new("addcdiv");
    internal static readonly Op Addcdiv_ = new("addcdiv_");
    internal static readonly Op Einsum = new("einsum");
    internal static readonly Op ChainMatmul = new("chain_matmul");
}
