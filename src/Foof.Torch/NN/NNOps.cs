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
    internal static readonly Op Erf_ = new("erf_");
    internal static readonly Op Mul_ = new("mul_.Tensor");
    internal static readonly Op MulScalar_ = new("mul_.Scalar");
    internal static readonly Op AddScalar_ = new("add_.Scalar");
    internal static readonly Op Clamp_ = new("clamp_");
    internal static readonly Op Sign = new("sign");
    internal static readonly Op Diagonal = new("diagonal");
    internal static readonly Op Qr = new("linalg_qr");
    internal static readonly Op Transpose = new("t");
    internal static readonly Op Reshape = new("reshape");

    // Activations
    internal static readonly Op Relu = new("relu");
    internal static readonly Op Relu_ = new("relu_");
    internal static readonly Op Relu6 = new("relu6");
    internal static readonly Op Relu6_ = new("relu6_");
    internal static readonly Op LeakyRelu = new("leaky_relu");
    internal static readonly Op LeakyRelu_ = new("leaky_relu_");
    internal static readonly Op Elu = new("elu");
    internal static readonly Op Elu_ = new("elu_");
    internal static readonly Op Gelu = new("gelu");
    internal static readonly Op Gelu_ = new("gelu_");
    internal static readonly Op Silu = new("silu");
    internal static readonly Op Silu_ = new("silu_");
    internal static readonly Op Mish = new("mish");
    internal static readonly Op Mish_ = new("mish_");
    internal static readonly Op Sigmoid = new("sigmoid");
    internal static readonly Op Sigmoid_ = new("sigmoid_");
    internal static readonly Op Tanh = new("tanh");
    internal static readonly Op Tanh_ = new("tanh_");
    internal static readonly Op Hardtanh = new("hardtanh");
    internal static readonly Op Hardtanh_ = new("hardtanh_");
    internal static readonly Op Hardswish = new("hardswish");
    internal static readonly Op Hardswish_ = new("hardswish_");
    internal static readonly Op Softplus = new("softplus");
    internal static readonly Op Softmax = new("softmax.int");
    internal static readonly Op LogSoftmax = new("log_softmax.int");

    // Shapes
    internal static readonly Op Flatten = new("flatten.using_ints");
    internal static readonly Op Unflatten = new("unflatten.int");
    internal static readonly Op Pad = new("pad");
    internal static readonly Op OneHot = new("one_hot");
    internal static readonly Op Cat = new("cat");
    internal static readonly Op Narrow = new("narrow");
    internal static readonly Op Select = new("select.int");

    // Arithmetic
    internal static readonly Op VectorNorm = new("linalg_vector_norm");
    internal static readonly Op Min = new("min");
    internal static readonly Op ClampMin = new("clamp_min");
    internal static readonly Op Div = new("div.Tensor");
    internal static readonly Op Sub = new("sub.Tensor");
    internal static readonly Op Mul = new("mul.Tensor");
    internal static readonly Op MulScalar = new("mul.Scalar");
    internal static readonly Op AddScalar = new("add.Scalar");
    internal static readonly Op Add = new("add.Tensor");
    internal static readonly Op Log = new("log");
    internal static readonly Op Square = new("square");
    internal static readonly Op Sum = new("sum");
    internal static readonly Op SumDim = new("sum.dim_IntList");
    internal static readonly Op Mean = new("mean");
    internal static readonly Op CosineSimilarity = new("cosine_similarity");
    internal static readonly Op Stack = new("stack");
    internal static readonly Op Item = new("item");
}
