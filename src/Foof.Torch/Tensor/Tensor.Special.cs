using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The error function.</summary>
        public Tensor erf() => Aten.Erf.Call(this);

        /// <summary>The error function, in place.</summary>
        public Tensor erf_() => Aten.Erf_.Update(this);

        /// <summary>1 - erf(x).</summary>
        public Tensor erfc() => Aten.Erfc.Call(this);

        /// <summary>1 - erf(x), in place.</summary>
        public Tensor erfc_() => Aten.Erfc_.Update(this);

        /// <summary>The inverse of the error function on (-1, 1).</summary>
        public Tensor erfinv() => Aten.Erfinv.Call(this);

        /// <summary>The inverse of the error function on (-1, 1), in place.</summary>
        public Tensor erfinv_() => Aten.Erfinv_.Update(this);

        /// <summary>log |Gamma(x)|.</summary>
        public Tensor lgamma() => Aten.Lgamma.Call(this);

        /// <summary>log |Gamma(x)|, in place.</summary>
        public Tensor lgamma_() => Aten.Lgamma_.Update(this);

        /// <summary>The derivative of lgamma.</summary>
        public Tensor digamma() => Aten.Digamma.Call(this);

        /// <summary>The derivative of lgamma, in place.</summary>
        public Tensor digamma_() => Aten.Digamma_.Update(this);

        /// <summary>The modified Bessel function of the first kind and order 0.</summary>
        public Tensor i0() => Aten.I0.Call(this);

        /// <summary>The modified Bessel function of the first kind and order 0, in place.</summary>
        public Tensor i0_() => Aten.I0_.Update(this);

        /// <summary>The logarithm of the p-dimensional gamma function.</summary>
        public Tensor mvlgamma(long p) => Aten.Mvlgamma.Call(this, p);

        /// <summary>The logarithm of the p-dimensional gamma function, in place.</summary>
        public Tensor mvlgamma_(long p) => Aten.Mvlgamma_.Update(this, p);

        /// <summary>The p-th derivative of digamma.</summary>
        public Tensor polygamma(long p) => Aten.Polygamma.Call(p, this);

        /// <summary>The p-th derivative of digamma, in place.</summary>
        public Tensor polygamma_(long p) => Aten.Polygamma_.Update(this, p);

        /// <summary>The regularised lower incomplete gamma function P(this, other).</summary>
        public Tensor igamma(Tensor other) => Aten.Igamma.Call(this, other);

        /// <summary>The regularised upper incomplete gamma function Q(this, other).</summary>
        public Tensor igammac(Tensor other) => Aten.Igammac.Call(this, other);

        /// <summary>log(x / (1 - x)), with x clamped to [eps, 1 - eps] where eps is given.</summary>
        public Tensor logit(double? eps = null) => Aten.Logit.Call(this, eps);

        /// <summary>log(x / (1 - x)), in place.</summary>
        public Tensor logit_(double? eps = null) => Aten.Logit_.Update(this, eps);
    }

    /// <inheritdoc cref="Tensor.erf()"/>
    public static Tensor erf(Tensor input) => input.erf();

    /// <inheritdoc cref="Tensor.erf_()"/>
    public static Tensor erf_(Tensor input) => input.erf_();

    /// <inheritdoc cref="Tensor.erfc()"/>
    public static Tensor erfc(Tensor input) => input.erfc();

    /// <inheritdoc cref="Tensor.erfc_()"/>
    public static Tensor erfc_(Tensor input) => input.erfc_();

    /// <inheritdoc cref="Tensor.erfinv()"/>
    public static Tensor erfinv(Tensor input) => input.erfinv();

    /// <inheritdoc cref="Tensor.erfinv_()"/>
    public static Tensor erfinv_(Tensor input) => input.erfinv_();

    /// <inheritdoc cref="Tensor.lgamma()"/>
    public static Tensor lgamma(Tensor input) => input.lgamma();

    /// <inheritdoc cref="Tensor.lgamma_()"/>
    public static Tensor lgamma_(Tensor input) => input.lgamma_();

    /// <inheritdoc cref="Tensor.digamma()"/>
    public static Tensor digamma(Tensor input) => input.digamma();

    /// <inheritdoc cref="Tensor.digamma_()"/>
    public static Tensor digamma_(Tensor input) => input.digamma_();

    /// <inheritdoc cref="Tensor.i0()"/>
    public static Tensor i0(Tensor input) => input.i0();

    /// <inheritdoc cref="Tensor.i0_()"/>
    public static Tensor i0_(Tensor input) => input.i0_();

    /// <inheritdoc cref="Tensor.mvlgamma(long)"/>
    public static Tensor mvlgamma(Tensor input, long p) => input.mvlgamma(p);

    /// <inheritdoc cref="Tensor.mvlgamma_(long)"/>
    public static Tensor mvlgamma_(Tensor input, long p) => input.mvlgamma_(p);

    /// <inheritdoc cref="Tensor.polygamma(long)"/>
    public static Tensor polygamma(Tensor input, long p) => input.polygamma(p);

    /// <inheritdoc cref="Tensor.polygamma_(long)"/>
    public static Tensor polygamma_(Tensor input, long p) => input.polygamma_(p);

    /// <inheritdoc cref="Tensor.igamma(Tensor)"/>
    public static Tensor igamma(Tensor input, Tensor other) => input.igamma(other);

    /// <inheritdoc cref="Tensor.igammac(Tensor)"/>
    public static Tensor igammac(Tensor input, Tensor other) => input.igammac(other);

    /// <inheritdoc cref="Tensor.logit(double?)"/>
    public static Tensor logit(Tensor input, double? eps = null) => input.logit(eps);

    /// <inheritdoc cref="Tensor.logit_(double?)"/>
    public static Tensor logit_(Tensor input, double? eps = null) => input.logit_(eps);
}
