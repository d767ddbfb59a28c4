using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>Whether both elements are not zero.</summary>
        public Tensor logical_and(Tensor other) => Aten.LogicalAnd.Call(this, other);

        /// <summary>Whether both elements are not zero, in place.</summary>
        public Tensor logical_and_(Tensor other) => Aten.LogicalAnd_.Update(this, other);

        /// <summary>Whether one of two elements is not zero.</summary>
        public Tensor logical_or(Tensor other) => Aten.LogicalOr.Call(this, other);

        /// <summary>Whether one of two elements is not zero, in place.</summary>
        public Tensor logical_or_(Tensor other) => Aten.LogicalOr_.Update(this, other);

        /// <summary>Whether exactly one of two elements is not zero.</summary>
        public Tensor logical_xor(Tensor other) => Aten.LogicalXor.Call(this, other);

        /// <summary>Whether exactly one of two elements is not zero, in place.</summary>
        public Tensor logical_xor_(Tensor other) => Aten.LogicalXor_.Update(this, other);

        /// <summary>Whether every element is zero.</summary>
        public Tensor logical_not() => Aten.LogicalNot.Call(this);

        /// <summary>Whether every element is zero, in place.</summary>
        public Tensor logical_not_() => Aten.LogicalNot_.Update(this);

        /// <summary>Bitwise and of integers or truth values.</summary>
        public Tensor bitwise_and(Tensor other) => Aten.BitwiseAndTensor.Call(this, other);

        /// <summary>Bitwise and of integers or truth values, in place.</summary>
        public Tensor bitwise_and_(Tensor other) => Aten.BitwiseAnd_Tensor.Update(this, other);

        /// <summary>Bitwise or of integers or truth values.</summary>
        public Tensor bitwise_or(Tensor other) => Aten.BitwiseOrTensor.Call(this, other);

        /// <summary>Bitwise or of integers or truth values, in place.</summary>
        public Tensor bitwise_or_(Tensor other) => Aten.BitwiseOr_Tensor.Update(this, other);

        /// <summary>Bitwise exclusive or of integers or truth values.</summary>
        public Tensor bitwise_xor(Tensor other) => Aten.BitwiseXorTensor.Call(this, other);

        /// <summary>Bitwise exclusive or of integers or truth values, in place.</summary>
        public Tensor bitwise_xor_(Tensor other) => Aten.BitwiseXor_Tensor.Update(this, other);

        /// <summary>Every bit of an integer or truth value flipped.</summary>
        public Tensor bitwise_not() => Aten.BitwiseNot.Call(this);

        /// <summary>Every bit of an integer or truth value flipped, in place.</summary>
        public Tensor bitwise_not_() => Aten.BitwiseNot_.Update(this);

        /// <summary>Integers shifted left by other bits.</summary>
        public Tensor bitwise_left_shift(Tensor other) => Aten.BitwiseLeftShiftTensor.Call(this, other);

        /// <summary>Integers shifted left by other bits, in place.</summary>
        public Tensor bitwise_left_shift_(Tensor other) => Aten.BitwiseLeftShift_Tensor.Update(this, other);

        /// <summary>Integers shifted right by other bits.</summary>
        public Tensor bitwise_right_shift(Tensor other) => Aten.BitwiseRightShiftTensor.Call(this, other);

        /// <summary>Integers shifted right by other bits, in place.</summary>
        public Tensor bitwise_right_shift_(Tensor other) => Aten.BitwiseRightShift_Tensor.Update(this, other);
    }

    /// <inheritdoc cref="Tensor.logical_and(Tensor)"/>
    public static Tensor logical_and(Tensor left, Tensor right) => left.logical_and(right);

    /// <inheritdoc cref="Tensor.logical_and_(Tensor)"/>
    public static Tensor logical_and_(Tensor left, Tensor right) => left.logical_and_(right);

    /// <inheritdoc cref="Tensor.logical_or(Tensor)"/>
    public static Tensor logical_or(Tensor left, Tensor right) => left.logical_or(right);

    /// <inheritdoc cref="Tensor.logical_or_(Tensor)"/>
    public static Tensor logical_or_(Tensor left, Tensor right) => left.logical_or_(right);

    /// <inheritdoc cref="Tensor.logical_xor(Tensor)"/>
    public static Tensor logical_xor(Tensor left, Tensor right) => left.logical_xor(right);

    /// <inheritdoc cref="Tensor.logical_xor_(Tensor)"/>
    public static Tensor logical_xor_(Tensor left, Tensor right) => left.logical_xor_(right);

    /// <inheritdoc cref="Tensor.logical_not()"/>
    public static Tensor logical_not(Tensor input) => input.logical_not();

    /// <inheritdoc cref="Tensor.bitwise_and(Tensor)"/>
    public static Tensor bitwise_and(Tensor left, Tensor right) => left.bitwise_and(right);

    /// <inheritdoc cref="Tensor.bitwise_and_(Tensor)"/>
    public static Tensor bitwise_and_(Tensor left, Tensor right) => left.bitwise_and_(right);

    /// <inheritdoc cref="Tensor.bitwise_or(Tensor)"/>
    public static Tensor bitwise_or(Tensor left, Tensor right) => left.bitwise_or(right);

    /// <inheritdoc cref="Tensor.bitwise_or_(Tensor)"/>
    public static Tensor bitwise_or_(Tensor left, Tensor right) => left.bitwise_or_(right);

    /// <inheritdoc cref="Tensor.bitwise_xor(Tensor)"/>
    public static Tensor bitwise_xor(Tensor left, Tensor right) => left.bitwise_xor(right);

    /// <inheritdoc cref="Tensor.bitwise_xor_(Tensor)"/>
    public static Tensor bitwise_xor_(Tensor left, Tensor right) => left.bitwise_xor_(right);

    /// <inheritdoc cref="Tensor.bitwise_not()"/>
    public static Tensor bitwise_not(Tensor input) => input.bitwise_not();

    /// <inheritdoc cref="Tensor.bitwise_not_()"/>
    public static Tensor bitwise_not_(Tensor input) => input.bitwise_not_();

    /// <inheritdoc cref="Tensor.bitwise_left_shift(Tensor)"/>
    public static Tensor bitwise_left_shift(Tensor left, Tensor right) => left.bitwise_left_shift(right);

    /// <inheritdoc cref="Tensor.bitwise_left_shift_(Tensor)"/>
    public static Tensor bitwise_left_shift_(Tensor left, Tensor right) => left.bitwise_left_shift_(right);

    /// <inheritdoc cref="Tensor.bitwise_right_shift(Tensor)"/>
    public static Tensor bitwise_right_shift(Tensor left, Tensor right) => left.bitwise_right_shift(right);

    /// <inheritdoc cref="Tensor.bitwise_right_shift_(Tensor)"/>
    public static Tensor bitwise_right_shift_(Tensor left, Tensor right) => left.bitwise_right_shift_(right);
}
