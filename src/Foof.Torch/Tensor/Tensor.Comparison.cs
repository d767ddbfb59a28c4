using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>Whether this equals target, element by element.</summary>
        public Tensor eq(Tensor target) => Aten.EqTensor.Call(this, target);

        /// <summary>Whether this equals target, as 0 or 1 in place.</summary>
        public Tensor eq_(Tensor target) => Aten.Eq_Tensor.Update(this, target);

        /// <summary>Whether this equals target, element by element.</summary>
        public Tensor eq(Scalar target) => Aten.EqScalar.Call(this, target);

        /// <summary>Whether this equals target, as 0 or 1 in place.</summary>
        public Tensor eq_(Scalar target) => Aten.Eq_Scalar.Update(this, target);

        /// <summary>Whether this equals target, element by element.</summary>
        public Tensor equal(Tensor target) => eq(target);

        /// <summary>Whether this differs from target, element by element.</summary>
        public Tensor ne(Tensor target) => Aten.NeTensor.Call(this, target);

        /// <summary>Whether this differs from target, as 0 or 1 in place.</summary>
        public Tensor ne_(Tensor target) => Aten.Ne_Tensor.Update(this, target);

        /// <summary>Whether this differs from target, element by element.</summary>
        public Tensor ne(Scalar target) => Aten.NeScalar.Call(this, target);

        /// <summary>Whether this differs from target, as 0 or 1 in place.</summary>
        public Tensor ne_(Scalar target) => Aten.Ne_Scalar.Update(this, target);

        /// <summary>Whether this differs from target, element by element.</summary>
        public Tensor not_equal(Tensor target) => ne(target);

        /// <summary>Whether this differs from target, as 0 or 1 in place.</summary>
        public Tensor not_equal_(Tensor target) => ne_(target);

        /// <summary>Whether this is below target, element by element.</summary>
        public Tensor lt(Tensor target) => Aten.LtTensor.Call(this, target);

        /// <summary>Whether this is below target, as 0 or 1 in place.</summary>
        public Tensor lt_(Tensor target) => Aten.Lt_Tensor.Update(this, target);

        /// <summary>Whether this is below target, element by element.</summary>
        public Tensor lt(Scalar target) => Aten.LtScalar.Call(this, target);

        /// <summary>Whether this is below target, as 0 or 1 in place.</summary>
        public Tensor lt_(Scalar target) => Aten.Lt_Scalar.Update(this, target);

        /// <summary>Whether this is below target, element by element.</summary>
        public Tensor less(Tensor target) => lt(target);

        /// <summary>Whether this is at most target, element by element.</summary>
        public Tensor le(Tensor target) => Aten.LeTensor.Call(this, target);

        /// <summary>Whether this is at most target, as 0 or 1 in place.</summary>
        public Tensor le_(Tensor target) => Aten.Le_Tensor.Update(this, target);

        /// <summary>Whether this is at most target, element by element.</summary>
        public Tensor le(Scalar target) => Aten.LeScalar.Call(this, target);

        /// <summary>Whether this is at most target, as 0 or 1 in place.</summary>
        public Tensor le_(Scalar target) => Aten.Le_Scalar.Update(this, target);

        /// <summary>Whether this is at most target, element by element.</summary>
        public Tensor less_equal(Tensor target) => le(target);

        /// <summary>Whether this is at most target, as 0 or 1 in place.</summary>
        public Tensor less_equal_(Tensor target) => le_(target);

        /// <summary>Whether this is above target, element by element.</summary>
        public Tensor gt(Tensor target) => Aten.GtTensor.Call(this, target);

        /// <summary>Whether this is above target, as 0 or 1 in place.</summary>
        public Tensor gt_(Tensor target) => Aten.Gt_Tensor.Update(this, target);

        /// <summary>Whether this is above target, element by element.</summary>
        public Tensor gt(Scalar target) => Aten.GtScalar.Call(this, target);

        /// <summary>Whether this is above target, as 0 or 1 in place.</summary>
        public Tensor gt_(Scalar target) => Aten.Gt_Scalar.Update(this, target);

        /// <summary>Whether this is above target, element by element.</summary>
        public Tensor greater(Tensor target) => gt(target);

        /// <summary>Whether this is at least target, element by element.</summary>
        public Tensor ge(Tensor target) => Aten.GeTensor.Call(this, target);

        /// <summary>Whether this is at least target, as 0 or 1 in place.</summary>
        public Tensor ge_(Tensor target) => Aten.Ge_Tensor.Update(this, target);

        /// <summary>Whether this is at least target, element by element.</summary>
        public Tensor ge(Scalar target) => Aten.GeScalar.Call(this, target);

        /// <summary>Whether this is at least target, as 0 or 1 in place.</summary>
        public Tensor ge_(Scalar target) => Aten.Ge_Scalar.Update(this, target);

        /// <summary>Whether this is at least target, element by element.</summary>
        public Tensor greater_equal(Tensor target) => ge(target);

        /// <summary>Whether both have the same shape and the same elements.</summary>
        public bool Equals(Tensor target) => Aten.Equal.CallScalar(this, target).ToBoolean();

        /// <summary>Whether |this - target| is at most atol + rtol |target| everywhere.</summary>
        public bool allclose(
            Tensor target,
            double rtol = 1e-05,
            double atol = 1e-08,
            bool equal_nan = false
        ) => Aten.Allclose.CallScalar(this, target, rtol, atol, equal_nan).ToBoolean();

        /// <summary>Whether |this - other| is at most atol + rtol |other|, element by element.</summary>
        public Tensor isclose(
            Tensor other,
            double rtol = 1e-05,
            double atol = 1e-08,
            bool nanEqual = false
        ) => Aten.Isclose.Call(this, other, rtol, atol, nanEqual);

        /// <summary>Whether every element is among test_elements.</summary>
        public Tensor isin(Tensor test_elements, bool assumeUnique = false, bool invert = false) =>
            Aten.IsinTensorTensor.Call(this, test_elements, assumeUnique, invert);

        /// <summary>Whether every element is an infinity.</summary>
        public Tensor isinf() => Aten.Isinf.Call(this);

        /// <summary>Whether every element is neither NaN nor an infinity.</summary>
        public Tensor isfinite() => Aten.Isfinite.Call(this);

        /// <summary>Whether every element is plus infinity.</summary>
        public Tensor isposinf() => Aten.Isposinf.Call(this);

        /// <summary>Whether every element is minus infinity.</summary>
        public Tensor isneginf() => Aten.Isneginf.Call(this);

        /// <summary>Whether every element is NaN.</summary>
        public Tensor isnan() => Aten.Isnan.Call(this);

        /// <summary>Whether every element has no imaginary part.</summary>
        public Tensor isreal() => Aten.Isreal.Call(this);
    }

    /// <inheritdoc cref="Tensor.eq(Tensor)"/>
    public static Tensor eq(Tensor left, Tensor right) => left.eq(right);

    /// <inheritdoc cref="Tensor.equal(Tensor)"/>
    public static Tensor equal(Tensor tensor, Tensor target) => tensor.equal(target);

    /// <inheritdoc cref="Tensor.ne(Tensor)"/>
    public static Tensor ne(Tensor left, Tensor right) => left.ne(right);

    /// <inheritdoc cref="Tensor.not_equal(Tensor)"/>
    public static Tensor not_equal(Tensor tensor, Tensor target) => tensor.not_equal(target);

    /// <inheritdoc cref="Tensor.lt(Tensor)"/>
    public static Tensor lt(Tensor left, Tensor right) => left.lt(right);

    /// <inheritdoc cref="Tensor.less(Tensor)"/>
    public static Tensor less(Tensor tensor, Tensor target) => tensor.less(target);

    /// <inheritdoc cref="Tensor.le(Tensor)"/>
    public static Tensor le(Tensor left, Tensor right) => left.le(right);

    /// <inheritdoc cref="Tensor.less_equal(Tensor)"/>
    public static Tensor less_equal(Tensor tensor, Tensor target) => tensor.less_equal(target);

    /// <inheritdoc cref="Tensor.gt(Tensor)"/>
    public static Tensor gt(Tensor left, Tensor right) => left.gt(right);

    /// <inheritdoc cref="Tensor.greater(Tensor)"/>
    public static Tensor greater(Tensor tensor, Tensor target) => tensor.greater(target);

    /// <inheritdoc cref="Tensor.ge(Tensor)"/>
    public static Tensor ge(Tensor left, Tensor right) => left.ge(right);

    /// <inheritdoc cref="Tensor.greater_equal(Tensor)"/>
    public static Tensor greater_equal(Tensor tensor, Tensor target) => tensor.greater_equal(target);

    /// <inheritdoc cref="Tensor.allclose(Tensor, double, double, bool)"/>
    public static bool allclose(
        Tensor tensor,
        Tensor target,
        double rtol = 1e-05,
        double atol = 1e-08,
        bool equal_nan = false
    ) => tensor.allclose(target, rtol, atol, equal_nan);

    /// <inheritdoc cref="Tensor.isclose(Tensor, double, double, bool)"/>
    public static Tensor isclose(
        Tensor tensor,
        Tensor other,
        double rtol = 1e-05,
        double atol = 1e-08,
        bool nanEqual = false
    ) => tensor.isclose(other, rtol, atol, nanEqual);

    /// <inheritdoc cref="Tensor.isin(Tensor, bool, bool)"/>
    public static Tensor isin(
        Tensor tensor,
        Tensor test_elements,
        bool assumeUnique = false,
        bool invert = false
    ) => tensor.isin(test_elements, assumeUnique, invert);

    /// <inheritdoc cref="Tensor.isinf()"/>
    public static Tensor isinf(Tensor tensor) => tensor.isinf();

    /// <inheritdoc cref="Tensor.isfinite()"/>
    public static Tensor isfinite(Tensor tensor) => tensor.isfinite();

    /// <inheritdoc cref="Tensor.isposinf()"/>
    public static Tensor isposinf(Tensor tensor) => tensor.isposinf();

    /// <inheritdoc cref="Tensor.isneginf()"/>
    public static Tensor isneginf(Tensor tensor) => tensor.isneginf();

    /// <inheritdoc cref="Tensor.isnan()"/>
    public static Tensor isnan(Tensor input) => input.isnan();

    /// <inheritdoc cref="Tensor.isreal()"/>
    public static Tensor isreal(Tensor tensor) => tensor.isreal();
}
