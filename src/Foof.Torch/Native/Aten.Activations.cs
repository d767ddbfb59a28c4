namespace TorchSharp.Native;

internal static partial class Aten
{
    internal static readonly Op Relu = new("relu");
    internal static readonly Op Relu_ = new("relu_");
    internal static readonly Op Relu6 = new("relu6");
    internal static readonly Op Relu6_ = new("relu6_");
    internal static readonly Op Sigmoid = new("sigmoid");
    internal static readonly Op Sigmoid_ = new("sigmoid_");
    internal static readonly Op SoftmaxInt = new("softmax.int");
    internal static readonly Op LogSoftmaxInt = new("log_softmax.int");
    internal static readonly Op Softplus = new("softplus");
    internal static readonly Op LogSigmoid = new("log_sigmoid");
    internal static readonly Op Silu = new("silu");
    internal static readonly Op Silu_ = new("silu_");
    internal static readonly Op Gelu = new("gelu");
    internal static readonly Op Elu = new("elu");
    internal static readonly Op Elu_ = new("elu_");
    internal static readonly Op Selu = new("selu");
    internal static readonly Op Selu_ = new("selu_");
    internal static readonly Op Celu = new("celu");
    internal static readonly Op Celu_ = new("celu_");
    internal static readonly Op LeakyRelu = new("leaky_relu");
    internal static readonly Op LeakyRelu_ = new("leaky_relu_");
    internal static readonly Op Hardtanh = new("hardtanh");
    internal static readonly Op Hardtanh_ = new("hardtanh_");
    internal static readonly Op Hardsigmoid = new("hardsigmoid");
    internal static readonly Op Hardsigmoid_ = new("hardsigmoid_");
    internal static readonly Op Hardswish = new("hardswish");
    internal static readonly Op Hardswish_ = new("hardswish_");
    internal static readonly Op Glu = new("glu");
    internal static readonly Op Prelu = new("prelu");
    internal static readonly Op Threshold = new("threshold");
    internal static readonly Op Threshold_ = new("threshold_");
}
