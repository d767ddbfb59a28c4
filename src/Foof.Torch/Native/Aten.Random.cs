namespace TorchSharp.Native;

internal static partial class Aten
{
    internal static readonly Op Normal_ = new("normal_");
    internal static readonly Op Uniform_ = new("uniform_");
    internal static readonly Op Exponential_ = new("exponential_");
    internal static readonly Op LogNormal_ = new("log_normal_");
    internal static readonly Op Cauchy_ = new("cauchy_");
    internal static readonly Op Geometric_ = new("geometric_");
    internal static readonly Op Random_From = new("random_.from");
    internal static readonly Op Bernoulli_Float = new("bernoulli_.float");
    internal static readonly Op Bernoulli_Tensor = new("bernoulli_.Tensor");
    internal static readonly Op Bernoulli = new("bernoulli");
    internal static readonly Op Multinomial = new("multinomial");
    internal static readonly Op Poisson = new("poisson");
    internal static readonly Op Binomial = new("binomial");
    internal static readonly Op NormalTensorTensor = new("normal.Tensor_Tensor");
    internal static readonly Op NormalFloatFloat = new("normal.float_float");
    internal static readonly Op RandintLowGenerator = new("randint.low_generator");
    internal static readonly Op RandpermGenerator = new("randperm.generator");
}
