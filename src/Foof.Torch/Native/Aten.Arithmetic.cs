namespace TorchSharp.Native;

internal static partial class Aten
{
    internal static readonly Op AddTensor = new("add.Tensor");
    internal static readonly Op AddScalar = new("add.Scalar");
    internal static readonly Op Add_Tensor = new("add_.Tensor");
    internal static readonly Op Add_Scalar = new("add_.Scalar");
    internal static readonly Op SubTensor = new("sub.Tensor");
    internal static readonly Op SubScalar = new("sub.Scalar");
    internal static readonly Op Sub_Tensor = new("sub_.Tensor");
    internal static readonly Op Sub_Scalar = new("sub_.Scalar");
    internal static readonly Op MulTensor = new("mul.Tensor");
    internal static readonly Op MulScalar = new("mul.Scalar");
    internal static readonly Op Mul_Tensor = new("mul_.Tensor");
    internal static readonly Op Mul_Scalar = new("mul_.Scalar");
    internal static readonly Op DivTensorMode = new("div.Tensor_mode");
    internal static readonly Op DivScalarMode = new("div.Scalar_mode");
    internal static readonly Op Div_TensorMode = new("div_.Tensor_mode");
    internal static readonly Op Div_ScalarMode = new("div_.Scalar_mode");
    internal static readonly Op RemainderTensor = new("remainder.Tensor");
    internal static readonly Op RemainderScalar = new("remainder.Scalar");
    internal static readonly Op Remainder_Tensor = new("remainder_.Tensor");
    internal static readonly Op Remainder_Scalar = new("remainder_.Scalar");
    internal static readonly Op FmodTensor = new("fmod.Tensor");
    internal static readonly Op FmodScalar = new("fmod.Scalar");
    internal static readonly Op Fmod_Tensor = new("fmod_.Tensor");
    internal static readonly Op Fmod_Scalar = new("fmod_.Scalar");
}
