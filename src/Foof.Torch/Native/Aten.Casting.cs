namespace TorchSharp.Native;

internal static partial class Aten
{
    internal static readonly Op ToDevice = new("to.device");
    internal static readonly Op ToDtypeLayout = new("to.dtype_layout");
    internal static readonly Op ToOther = new("to.other");
    internal static readonly Op ToDtype = new("to.dtype");
    internal static readonly Op Copy_ = new("copy_");
    internal static readonly Op Fill_Scalar = new("fill_.Scalar");
    internal static readonly Op Zero_ = new("zero_");
    internal static readonly Op Set_SourceTensor = new("set_.source_Tensor");
}
