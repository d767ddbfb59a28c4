using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>max(x, 0).</summary>
        public Tensor relu() => Aten.Relu.Call(this);

        /// <summary>max(x, 0), in place.</summary>
        public Tensor relu_() => Aten.Relu_.Update(this);

        /// <summary>min(max(x, 0), 6).</summary>
        public Tensor relu6() => Aten.Relu6.Call(this);

        /// <summary>min(max(x, 0), 6), in place.</summary>
        public Tensor relu6_() => Aten.Relu6_.Update(this);

        /// <summary>1 / (1 + exp(-x)).</summary>
        public Tensor sigmoid() => Aten.Sigmoid.Call(this);

        /// <summary>1 / (1 + exp(-x)), in place.</summary>
        public Tensor sigmoid_() => Aten.Sigmoid_.Update(this);

        /// <summary>exp(x), scaled to sum to 1 along dim.</summary>
        public Tensor softmax(long dim, ScalarType? dtype = null) => Aten.SoftmaxInt.Call(this, dim, dtype);

        /// <summary>The logarithm of softmax along dim, without overflow.</summary>
        public Tensor log_softmax(long dim, ScalarType? dtype = null) =>
            Aten.LogSoftmaxInt.Call(this, dim, dtype);

        /// <summary>log(1 + exp(beta x)) / beta, and x itself where beta x exceeds threshold.</summary>
        public Tensor softplus(double beta = 1, double threshold = 20) =>
            Aten.Softplus.Call(this, beta, threshold);

        /// <summary>log(1 / (1 + exp(-x))), without overflow.</summary>
        public Tensor log_sigmoid() => Aten.LogSigmoid.Call(this);

        /// <summary>x / (1 + exp(-x)).</summary>
        public Tensor silu() => Aten.Silu.Call(this);

        /// <summary>x / (1 + exp(-x)), in place.</summary>
        public Tensor silu_() => Aten.Silu_.Update(this);

        /// <summary>x Phi(x) with the standard normal distribution function Phi.</summary>
        public Tensor gelu() => Aten.Gelu.Call(this);

        /// <summary>x above zero, alpha (exp(x) - 1) below.</summary>
        public Tensor elu(double alpha = 1) => Aten.Elu.Call(this, alpha);

        /// <summary>x above zero, alpha (exp(x) - 1) below, in place.</summary>
        public Tensor elu_(double alpha = 1) => Aten.Elu_.Update(this, alpha);

        /// <summary>The scaled exponential unit that keeps mean 0 and variance 1.</summary>
        public Tensor selu() => Aten.Selu.Call(this);

        /// <summary>The scaled exponential unit, in place.</summary>
        public Tensor selu_() => Aten.Selu_.Update(this);

        /// <summary>max(x, 0) + min(exp(x) - 1, 0).</summary>
        public Tensor celu() => Aten.Celu.Call(this);

        /// <summary>max(x, 0) + min(exp(x) - 1, 0), in place.</summary>
        public Tensor celu_() => Aten.Celu_.Update(this);

        /// <summary>max(x, 0) + min(alpha (exp(x / alpha) - 1), 0).</summary>
        public Tensor celu(Scalar alpha) => Aten.Celu.Call(this, alpha);

        /// <summary>max(x, 0) + min(alpha (exp(x / alpha) - 1), 0), in place.</summary>
        public Tensor celu_(Scalar alpha) => Aten.Celu_.Update(this, alpha);

        /// <summary>x above zero, negative_slope x below.</summary>
        public Tensor leaky_relu(Scalar negative_slope) => Aten.LeakyRelu.Call(this, negative_slope);

        /// <summary>x above zero, negative_slope x below, in place.</summary>
        public Tensor leaky_relu_(Scalar negative_slope) => Aten.LeakyRelu_.Update(this, negative_slope);

        /// <summary>x cut to [min, max].</summary>
        public Tensor hardtanh(Scalar min, Scalar max) => Aten.Hardtanh.Call(this, min, max);

        /// <summary>x cut to [min, max], in place.</summary>
        public Tensor hardtanh_(Scalar min, Scalar max) => Aten.Hardtanh_.Update(this, min, max);

        /// <summary>min(max(x + 3, 0), 6) / 6.</summary>
        public Tensor hardsigmoid() => Aten.Hardsigmoid.Call(this);

        /// <summary>min(max(x + 3, 0), 6) / 6, in place.</summary>
        public Tensor hardsigmoid_() => Aten.Hardsigmoid_.Update(this);

        /// <summary>x min(max(x + 3, 0), 6) / 6.</summary>
        public Tensor hardswish() => Aten.Hardswish.Call(this);

        /// <summary>x min(max(x + 3, 0), 6) / 6, in place.</summary>
        public Tensor hardswish_() => Aten.Hardswish_.Update(this);

        /// <summary>The first half along dim times the sigmoid of the second.</summary>
        public Tensor glu(long dim = -1) => Aten.Glu.Call(this, dim);

        /// <summary>x above zero, target x below.</summary>
        public Tensor prelu(Tensor target) => Aten.Prelu.Call(this, target);

        /// <summary>x above threshold, value elsewhere.</summary>
        public Tensor threshold(Scalar threshold, Scalar value) =>
            Aten.Threshold.Call(this, threshold, value);

        /// <summary>x above threshold, value elsewhere, in place.</summary>
        public Tensor threshold_(Scalar threshold, Scalar value) =>
            Aten.Threshold_.Update(this, threshold, value);
    }

    /// <inheritdoc cref="Tensor.sigmoid()"/>
    public static Tensor sigmoid(Tensor input) => input.sigmoid();

    /// <inheritdoc cref="Tensor.sigmoid_()"/>
    public static Tensor sigmoid_(Tensor input) => input.sigmoid_();

    /// <inheritdoc cref="Tensor.softmax(long, ScalarType?)"/>
    public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) =>
        input.softmax(dim, dtype);
}
