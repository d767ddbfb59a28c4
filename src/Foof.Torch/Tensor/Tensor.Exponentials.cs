using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>e to the power of every element.</summary>
        public Tensor exp() => Aten.Exp.Call(this);

        /// <summary>e to the power of every element, in place.</summary>
        public Tensor exp_() => Aten.Exp_.Update(this);

        /// <summary>2 to the power of every element.</summary>
        public Tensor exp2() => Aten.Exp2.Call(this);

        /// <summary>2 to the power of every element, in place.</summary>
        public Tensor exp2_() => Aten.Exp2_.Update(this);

        /// <summary>exp(x) - 1, exact for small x.</summary>
        public Tensor expm1() => Aten.Expm1.Call(this);

        /// <summary>exp(x) - 1, exact for small x, in place.</summary>
        public Tensor expm1_() => Aten.Expm1_.Update(this);

        /// <summary>The natural logarithm.</summary>
        public Tensor log() => Aten.Log.Call(this);

        /// <summary>The natural logarithm, in place.</summary>
        public Tensor log_() => Aten.Log_.Update(this);

        /// <summary>The logarithm to base 2.</summary>
        public Tensor log2() => Aten.Log2.Call(this);

        /// <summary>The logarithm to base 2, in place.</summary>
        public Tensor log2_() => Aten.Log2_.Update(this);

        /// <summary>The logarithm to base 10.</summary>
        public Tensor log10() => Aten.Log10.Call(this);

        /// <summary>The logarithm to base 10, in place.</summary>
        public Tensor log10_() => Aten.Log10_.Update(this);

        /// <summary>log(1 + x), exact for small x.</summary>
        public Tensor log1p() => Aten.Log1p.Call(this);

        /// <summary>log(1 + x), exact for small x, in place.</summary>
        public Tensor log1p_() => Aten.Log1p_.Update(this);

        /// <summary>The square root.</summary>
        public Tensor sqrt() => Aten.Sqrt.Call(this);

        /// <summary>The square root, in place.</summary>
        public Tensor sqrt_() => Aten.Sqrt_.Update(this);

        /// <summary>1 / sqrt(x).</summary>
        public Tensor rsqrt() => Aten.Rsqrt.Call(this);

        /// <summary>1 / sqrt(x), in place.</summary>
        public Tensor rsqrt_() => Aten.Rsqrt_.Update(this);

        /// <summary>1 / x.</summary>
        public Tensor reciprocal() => Aten.Reciprocal.Call(this);

        /// <summary>1 / x, in place.</summary>
        public Tensor reciprocal_() => Aten.Reciprocal_.Update(this);

        /// <summary>x * x.</summary>
        public Tensor square() => Aten.Square.Call(this);

        /// <summary>x * x, in place.</summary>
        public Tensor square_() => Aten.Square_.Update(this);

        /// <summary>this to the power of exponent, element by element.</summary>
        public Tensor pow(Tensor exponent) => Aten.PowTensorTensor.Call(this, exponent);

        /// <summary>this to the power of exponent.</summary>
        public Tensor pow(Scalar exponent) => Aten.PowTensorScalar.Call(this, exponent);

        /// <summary>this to the power of exponent, element by element, in place.</summary>
        public Tensor pow_(Tensor exponent) => Aten.Pow_Tensor.Update(this, exponent);

        /// <summary>this to the power of exponent, in place.</summary>
        public Tensor pow_(Scalar exponent) => Aten.Pow_Scalar.Update(this, exponent);

        /// <summary>this to the power of target, in double precision.</summary>
        public Tensor float_power(Tensor target) => Aten.FloatPowerTensorTensor.Call(this, target);

        /// <summary>this to the power of target, in place; this tensor must hold doubles.</summary>
        public Tensor float_power_(Tensor target) => Aten.FloatPower_Tensor.Update(this, target);

        /// <summary>log(exp(this) + exp(other)), without overflow.</summary>
        public Tensor logaddexp(Tensor other) => Aten.Logaddexp.Call(this, other);

        /// <summary>log2(2^this + 2^other), without overflow.</summary>
        public Tensor logaddexp2(Tensor other) => Aten.Logaddexp2.Call(this, other);

        /// <summary>sqrt(this^2 + other^2), without overflow.</summary>
        public Tensor hypot(Tensor other) => Aten.Hypot.Call(this, other);

        /// <summary>this * 2^other.</summary>
        public Tensor ldexp(Tensor other) => Aten.LdexpTensor.Call(this, other);

        /// <summary>this * 2^other, in place.</summary>
        public Tensor ldexp_(Tensor other) => Aten.Ldexp_.Update(this, other);

        /// <summary>this * log(y), and 0 where this is 0.</summary>
        public Tensor xlogy(Tensor y) => Aten.XlogyTensor.Call(this, y);

        /// <summary>this * log(y), and 0 where this is 0, in place.</summary>
        public Tensor xlogy_(Tensor y) => Aten.Xlogy_Tensor.Update(this, y);

        /// <summary>this * log(y), and 0 where this is 0.</summary>
        public Tensor xlogy(Scalar y) => Aten.XlogyScalarOther.Call(this, y);

        /// <summary>this * log(y), and 0 where this is 0, in place.</summary>
        public Tensor xlogy_(Scalar y) => Aten.Xlogy_ScalarOther.Update(this, y);
    }

    /// <inheritdoc cref="Tensor.exp()"/>
    public static Tensor exp(Tensor input) => input.exp();

    /// <inheritdoc cref="Tensor.exp_()"/>
    public static Tensor exp_(Tensor input) => input.exp_();

    /// <inheritdoc cref="Tensor.exp2()"/>
    public static Tensor exp2(Tensor input) => input.exp2();

    /// <inheritdoc cref="Tensor.exp2_()"/>
    public static Tensor exp2_(Tensor input) => input.exp2_();

    /// <inheritdoc cref="Tensor.expm1()"/>
    public static Tensor expm1(Tensor input) => input.expm1();

    /// <inheritdoc cref="Tensor.expm1_()"/>
    public static Tensor expm1_(Tensor input) => input.expm1_();

    /// <inheritdoc cref="Tensor.log()"/>
    public static Tensor log(Tensor input) => input.log();

    /// <inheritdoc cref="Tensor.log_()"/>
    public static Tensor log_(Tensor input) => input.log_();

    /// <inheritdoc cref="Tensor.log2()"/>
    public static Tensor log2(Tensor input) => input.log2();

    /// <inheritdoc cref="Tensor.log2_()"/>
    public static Tensor log2_(Tensor input) => input.log2_();

    /// <inheritdoc cref="Tensor.log10()"/>
    public static Tensor log10(Tensor input) => input.log10();

    /// <inheritdoc cref="Tensor.log10_()"/>
    public static Tensor log10_(Tensor input) => input.log10_();

    /// <inheritdoc cref="Tensor.log1p()"/>
    public static Tensor log1p(Tensor input) => input.log1p();

    /// <inheritdoc cref="Tensor.log1p_()"/>
    public static Tensor log1p_(Tensor input) => input.log1p_();

    /// <inheritdoc cref="Tensor.sqrt()"/>
    public static Tensor sqrt(Tensor input) => input.sqrt();

    /// <inheritdoc cref="Tensor.sqrt_()"/>
    public static Tensor sqrt_(Tensor input) => input.sqrt_();

    /// <inheritdoc cref="Tensor.rsqrt()"/>
    public static Tensor rsqrt(Tensor input) => input.rsqrt();

    /// <inheritdoc cref="Tensor.rsqrt_()"/>
    public static Tensor rsqrt_(Tensor input) => input.rsqrt_();

    /// <inheritdoc cref="Tensor.reciprocal()"/>
    public static Tensor reciprocal(Tensor input) => input.reciprocal();

    /// <inheritdoc cref="Tensor.reciprocal_()"/>
    public static Tensor reciprocal_(Tensor input) => input.reciprocal_();

    /// <inheritdoc cref="Tensor.square()"/>
    public static Tensor square(Tensor input) => input.square();

    /// <inheritdoc cref="Tensor.pow(Tensor)"/>
    public static Tensor pow(Tensor left, Tensor exponent) => left.pow(exponent);

    /// <inheritdoc cref="Tensor.pow(Scalar)"/>
    public static Tensor pow(Tensor left, Scalar exponent) => left.pow(exponent);

    /// <inheritdoc cref="Tensor.pow_(Tensor)"/>
    public static Tensor pow_(Tensor left, Tensor exponent) => left.pow_(exponent);

    /// <inheritdoc cref="Tensor.pow_(Scalar)"/>
    public static Tensor pow_(Tensor left, Scalar exponent) => left.pow_(exponent);

    /// <inheritdoc cref="Tensor.float_power(Tensor)"/>
    public static Tensor float_power(Tensor input, Tensor target) => input.float_power(target);

    /// <inheritdoc cref="Tensor.float_power_(Tensor)"/>
    public static Tensor float_power_(Tensor input, Tensor target) => input.float_power_(target);

    /// <inheritdoc cref="Tensor.logaddexp(Tensor)"/>
    public static Tensor logaddexp(Tensor left, Tensor right) => left.logaddexp(right);

    /// <inheritdoc cref="Tensor.logaddexp2(Tensor)"/>
    public static Tensor logaddexp2(Tensor left, Tensor right) => left.logaddexp2(right);

    /// <inheritdoc cref="Tensor.hypot(Tensor)"/>
    public static Tensor hypot(Tensor left, Tensor right) => left.hypot(right);

    /// <inheritdoc cref="Tensor.ldexp(Tensor)"/>
    public static Tensor ldexp(Tensor input, Tensor other) => input.ldexp(other);

    /// <inheritdoc cref="Tensor.ldexp_(Tensor)"/>
    public static Tensor ldexp_(Tensor input, Tensor other) => input.ldexp_(other);

    /// <inheritdoc cref="Tensor.xlogy(Tensor)"/>
    public static Tensor xlogy(Tensor x, Tensor y) => x.xlogy(y);

    /// <inheritdoc cref="Tensor.xlogy_(Tensor)"/>
    public static Tensor xlogy_(Tensor x, Tensor y) => x.xlogy_(y);

    /// <inheritdoc cref="Tensor.xlogy(Scalar)"/>
    public static Tensor xlogy(Tensor x, Scalar y) => x.xlogy(y);

    /// <inheritdoc cref="Tensor.xlogy_(Scalar)"/>
    public static Tensor xlogy_(Tensor x, Scalar y) => x.xlogy_(y);

    /// <summary>input to the power of exponent, with a number as base.</summary>
    public static Tensor pow(Scalar left, Tensor right) => Aten.PowScalar.Call(left, right);
}
