using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The absolute value.</summary>
        public Tensor abs() => Aten.Abs.Call(this);

        /// <summary>The absolute value, in place.</summary>
        public Tensor abs_() => Aten.Abs_.Update(this);

        /// <summary>The negative.</summary>
        public Tensor neg() => Aten.Neg.Call(this);

        /// <summary>The negative, in place.</summary>
        public Tensor neg_() => Aten.Neg_.Update(this);

        /// <summary>-1, 0 or 1: the sign of every element.</summary>
        public Tensor sign() => Aten.Sign.Call(this);

        /// <summary>-1, 0 or 1: the sign of every element, in place.</summary>
        public Tensor sign_() => Aten.Sign_.Update(this);

        /// <summary>The sign; of a complex number, the number divided by its modulus.</summary>
        public Tensor sgn() => Aten.Sgn.Call(this);

        /// <summary>The sign; of a complex number, the number divided by its modulus, in place.</summary>
        public Tensor sgn_() => Aten.Sgn_.Update(this);

        /// <summary>The smallest integer not below every element.</summary>
        public Tensor ceil() => Aten.Ceil.Call(this);

        /// <summary>The smallest integer not below every element, in place.</summary>
        public Tensor ceil_() => Aten.Ceil_.Update(this);

        /// <summary>The greatest integer not above every element.</summary>
        public Tensor floor() => Aten.Floor.Call(this);

        /// <summary>The greatest integer not above every element, in place.</summary>
        public Tensor floor_() => Aten.Floor_.Update(this);

        /// <summary>Every element without its fraction.</summary>
        public Tensor trunc() => Aten.Trunc.Call(this);

        /// <summary>Every element without its fraction, in place.</summary>
        public Tensor trunc_() => Aten.Trunc_.Update(this);

        /// <summary>The fraction of every element, with its sign.</summary>
        public Tensor frac() => Aten.Frac.Call(this);

        /// <summary>The fraction of every element, with its sign, in place.</summary>
        public Tensor frac_() => Aten.Frac_.Update(this);

        /// <summary>The absolute value.</summary>
        public Tensor absolute() => abs();

        /// <summary>The absolute value, in place.</summary>
        public Tensor absolute_() => abs_();

        /// <summary>The negative.</summary>
        public Tensor negative() => neg();

        /// <summary>The negative, in place.</summary>
        public Tensor negative_() => neg_();

        /// <summary>The tensor itself, as a new handle.</summary>
        public Tensor positive() => Aten.Positive.Call(this);

        /// <summary>Every element without its fraction.</summary>
        public Tensor fix() => trunc();

        /// <summary>Every element without its fraction, in place.</summary>
        public Tensor fix_() => trunc_();

        /// <summary>The nearest number with so many decimals; halves go to the even neighbour.</summary>
        public Tensor round(long decimals = 0L) => Aten.RoundDecimals.Call(this, decimals);

        /// <summary>The nearest number with so many decimals, in place.</summary>
        public Tensor round_(long decimals = 0L) => Aten.Round_Decimals.Update(this, decimals);

        /// <summary>Whether the sign bit is set, also of -0.</summary>
        public Tensor signbit() => Aten.Signbit.Call(this);

        /// <summary>The magnitude of this with the sign of other.</summary>
        public Tensor copysign(Tensor other) => Aten.CopysignTensor.Call(this, other);

        /// <summary>The magnitude of this with the sign of other, in place.</summary>
        public Tensor copysign_(Tensor other) => Aten.Copysign_Tensor.Update(this, other);

        /// <summary>The next representable number towards other.</summary>
        public Tensor nextafter(Tensor other) => Aten.Nextafter.Call(this, other);

        /// <summary>The next representable number towards other, in place.</summary>
        public Tensor nextafter_(Tensor other) => Aten.Nextafter_.Update(this, other);

        /// <summary>
        /// Every element, with NaN and the infinities replaced (null: by the largest finite numbers).
        /// </summary>
        public Tensor nan_to_num(double nan = 0d, double? posinf = null, double? neginf = null) =>
            Aten.NanToNum.Call(this, nan, posinf, neginf);

        /// <summary>Every element, with NaN and the infinities replaced, in place.</summary>
        public Tensor nan_to_num_(double nan = 0d, double? posinf = null, double? neginf = null) =>
            Aten.NanToNum_.Update(this, nan, posinf, neginf);

        /// <summary>The greatest common divisor of integers.</summary>
        public Tensor gcd(Tensor other) => Aten.Gcd.Call(this, other);

        /// <summary>The greatest common divisor of integers, in place.</summary>
        public Tensor gcd_(Tensor other) => Aten.Gcd_.Update(this, other);

        /// <summary>The least common multiple of integers.</summary>
        public Tensor lcm(Tensor other) => Aten.Lcm.Call(this, other);

        /// <summary>The least common multiple of integers, in place.</summary>
        public Tensor lcm_(Tensor other) => Aten.Lcm_.Update(this, other);

        /// <summary>0 below zero, 1 above, other at zero.</summary>
        public Tensor heaviside(Tensor other) => Aten.Heaviside.Call(this, other);

        /// <summary>0 below zero, 1 above, other at zero, in place.</summary>
        public Tensor heaviside_(Tensor other) => Aten.Heaviside_.Update(this, other);
    }

    /// <inheritdoc cref="Tensor.abs()"/>
    public static Tensor abs(Tensor input) => input.abs();

    /// <inheritdoc cref="Tensor.abs_()"/>
    public static Tensor abs_(Tensor input) => input.abs_();

    /// <inheritdoc cref="Tensor.neg()"/>
    public static Tensor neg(Tensor input) => input.neg();

    /// <inheritdoc cref="Tensor.neg_()"/>
    public static Tensor neg_(Tensor input) => input.neg_();

    /// <inheritdoc cref="Tensor.sign()"/>
    public static Tensor sign(Tensor input) => input.sign();

    /// <inheritdoc cref="Tensor.sign_()"/>
    public static Tensor sign_(Tensor input) => input.sign_();

    /// <inheritdoc cref="Tensor.sgn()"/>
    public static Tensor sgn(Tensor input) => input.sgn();

    /// <inheritdoc cref="Tensor.sgn_()"/>
    public static Tensor sgn_(Tensor input) => input.sgn_();

    /// <inheritdoc cref="Tensor.ceil()"/>
    public static Tensor ceil(Tensor input) => input.ceil();

    /// <inheritdoc cref="Tensor.ceil_()"/>
    public static Tensor ceil_(Tensor input) => input.ceil_();

    /// <inheritdoc cref="Tensor.floor()"/>
    public static Tensor floor(Tensor input) => input.floor();

    /// <inheritdoc cref="Tensor.floor_()"/>
    public static Tensor floor_(Tensor input) => input.floor_();

    /// <inheritdoc cref="Tensor.trunc()"/>
    public static Tensor trunc(Tensor input) => input.trunc();

    /// <inheritdoc cref="Tensor.trunc_()"/>
    public static Tensor trunc_(Tensor input) => input.trunc_();

    /// <inheritdoc cref="Tensor.frac()"/>
    public static Tensor frac(Tensor input) => input.frac();

    /// <inheritdoc cref="Tensor.frac_()"/>
    public static Tensor frac_(Tensor input) => input.frac_();

    /// <inheritdoc cref="Tensor.absolute()"/>
    public static Tensor absolute(Tensor input) => input.absolute();

    /// <inheritdoc cref="Tensor.absolute_()"/>
    public static Tensor absolute_(Tensor input) => input.absolute_();

    /// <inheritdoc cref="Tensor.negative()"/>
    public static Tensor negative(Tensor input) => input.negative();

    /// <inheritdoc cref="Tensor.negative_()"/>
    public static Tensor negative_(Tensor input) => input.negative_();

    /// <inheritdoc cref="Tensor.positive()"/>
    public static Tensor positive(Tensor input) => input.positive();

    /// <inheritdoc cref="Tensor.fix()"/>
    public static Tensor fix(Tensor input) => input.fix();

    /// <inheritdoc cref="Tensor.fix_()"/>
    public static Tensor fix_(Tensor input) => input.fix_();

    /// <inheritdoc cref="Tensor.round(long)"/>
    public static Tensor round(Tensor input, long decimals = 0L) => input.round(decimals);

    /// <inheritdoc cref="Tensor.round_(long)"/>
    public static Tensor round_(Tensor input, long decimals = 0L) => input.round_(decimals);

    /// <inheritdoc cref="Tensor.signbit()"/>
    public static Tensor signbit(Tensor input) => input.signbit();

    /// <inheritdoc cref="Tensor.copysign(Tensor)"/>
    public static Tensor copysign(Tensor input, Tensor other) => input.copysign(other);

    /// <inheritdoc cref="Tensor.copysign_(Tensor)"/>
    public static Tensor copysign_(Tensor input, Tensor other) => input.copysign_(other);

    /// <inheritdoc cref="Tensor.nextafter(Tensor)"/>
    public static Tensor nextafter(Tensor input, Tensor other) => input.nextafter(other);

    /// <inheritdoc cref="Tensor.nextafter_(Tensor)"/>
    public static Tensor nextafter_(Tensor input, Tensor other) => input.nextafter_(other);

    /// <inheritdoc cref="Tensor.nan_to_num(double, double?, double?)"/>
    public static Tensor nan_to_num(
        Tensor input,
        double nan = 0d,
        double? posinf = null,
        double? neginf = null
    ) => input.nan_to_num(nan, posinf, neginf);

    /// <inheritdoc cref="Tensor.nan_to_num_(double, double?, double?)"/>
    public static Tensor nan_to_num_(
        Tensor input,
        double nan = 0d,
        double? posinf = null,
        double? neginf = null
    ) => input.nan_to_num_(nan, posinf, neginf);

    /// <inheritdoc cref="Tensor.gcd(Tensor)"/>
    public static Tensor gcd(Tensor left, Tensor right) => left.gcd(right);

    /// <inheritdoc cref="Tensor.gcd_(Tensor)"/>
    public static Tensor gcd_(Tensor left, Tensor right) => left.gcd_(right);

    /// <inheritdoc cref="Tensor.lcm(Tensor)"/>
    public static Tensor lcm(Tensor input, Tensor other) => input.lcm(other);

    /// <inheritdoc cref="Tensor.lcm_(Tensor)"/>
    public static Tensor lcm_(Tensor input, Tensor other) => input.lcm_(other);

    /// <inheritdoc cref="Tensor.heaviside(Tensor)"/>
    public static Tensor heaviside(Tensor input, Tensor values) => input.heaviside(values);

    /// <inheritdoc cref="Tensor.heaviside_(Tensor)"/>
    public static Tensor heaviside_(Tensor input, Tensor values) => input.heaviside_(values);
}
