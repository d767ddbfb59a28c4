using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>this + target.</summary>
        public Tensor add(Tensor target) => Aten.AddTensor.Call(this, target);

        /// <summary>this + alpha * target.</summary>
        public Tensor add(Tensor target, Scalar alpha) => Aten.AddTensor.Call(this, target, alpha);

        /// <summary>this + scalar.</summary>
        public Tensor add(Scalar scalar) => Aten.AddScalar.Call(this, scalar);

        /// <summary>this + alpha * scalar.</summary>
        public Tensor add(Scalar scalar, Scalar alpha) => Aten.AddScalar.Call(this, scalar, alpha);

        /// <summary>this + target, in place.</summary>
        public Tensor add_(Tensor target) => Aten.Add_Tensor.Update(this, target);

        /// <summary>this + alpha * target, in place.</summary>
        public Tensor add_(Tensor target, Scalar alpha) => Aten.Add_Tensor.Update(this, target, alpha);

        /// <summary>this + scalar, in place.</summary>
        public Tensor add_(Scalar scalar) => Aten.Add_Scalar.Update(this, scalar);

        /// <summary>this + alpha * scalar, in place.</summary>
        public Tensor add_(Scalar scalar, Scalar alpha) => Aten.Add_Scalar.Update(this, scalar, alpha);

        /// <summary>this - target.</summary>
        public Tensor sub(Tensor target) => Aten.SubTensor.Call(this, target);

        /// <summary>this - target.</summary>
        public Tensor sub(Scalar target) => Aten.SubScalar.Call(this, target);

        /// <summary>this - target, in place.</summary>
        public Tensor sub_(Tensor target) => Aten.Sub_Tensor.Update(this, target);

        /// <summary>this - target, in place.</summary>
        public Tensor sub_(Scalar target) => Aten.Sub_Scalar.Update(this, target);

        /// <summary>this - target.</summary>
        public Tensor subtract(Tensor target) => sub(target);

        /// <summary>this - target.</summary>
        public Tensor subtract(Scalar target) => sub(target);

        /// <summary>this - target, in place.</summary>
        public Tensor subtract_(Tensor target) => sub_(target);

        /// <summary>this - target, in place.</summary>
        public Tensor subtract_(Scalar target) => sub_(target);

        /// <summary>this * target, element by element.</summary>
        public Tensor mul(Tensor target) => Aten.MulTensor.Call(this, target);

        /// <summary>this * target.</summary>
        public Tensor mul(Scalar target) => Aten.MulScalar.Call(this, target);

        /// <summary>this * target, element by element, in place.</summary>
        public Tensor mul_(Tensor target) => Aten.Mul_Tensor.Update(this, target);

        /// <summary>this * target, in place.</summary>
        public Tensor mul_(Scalar target) => Aten.Mul_Scalar.Update(this, target);

        /// <summary>this * target, element by element.</summary>
        public Tensor multiply(Tensor target) => mul(target);

        /// <summary>this * target.</summary>
        public Tensor multiply(Scalar target) => mul(target);

        /// <summary>this * target, element by element, in place.</summary>
        public Tensor multiply_(Tensor target) => mul_(target);

        /// <summary>this * target, in place.</summary>
        public Tensor multiply_(Scalar target) => mul_(target);
    }

    /// <inheritdoc cref="Tensor.add(Tensor)"/>
    public static Tensor add(Tensor left, Tensor right) => left.add(right);

    /// <inheritdoc cref="Tensor.add(Tensor, Scalar)"/>
    public static Tensor add(Tensor left, Tensor right, Scalar alpha) => left.add(right, alpha);

    /// <inheritdoc cref="Tensor.add(Scalar)"/>
    public static Tensor add(Tensor left, Scalar right) => left.add(right);

    /// <inheritdoc cref="Tensor.add(Scalar, Scalar)"/>
    public static Tensor add(Tensor left, Scalar right, Scalar alpha) => left.add(right, alpha);

    /// <inheritdoc cref="Tensor.add_(Tensor)"/>
    public static Tensor add_(Tensor left, Tensor right) => left.add_(right);

    /// <inheritdoc cref="Tensor.add_(Tensor, Scalar)"/>
    public static Tensor add_(Tensor left, Tensor right, Scalar alpha) => left.add_(right, alpha);

    /// <inheritdoc cref="Tensor.add_(Scalar)"/>
    public static Tensor add_(Tensor left, Scalar right) => left.add_(right);

    /// <inheritdoc cref="Tensor.add_(Scalar, Scalar)"/>
    public static Tensor add_(Tensor left, Scalar right, Scalar alpha) => left.add_(right, alpha);

    /// <inheritdoc cref="Tensor.sub(Tensor)"/>
    public static Tensor sub(Tensor left, Tensor right) => left.sub(right);

    /// <inheritdoc cref="Tensor.sub(Scalar)"/>
    public static Tensor sub(Tensor left, Scalar right) => left.sub(right);

    /// <inheritdoc cref="Tensor.sub_(Tensor)"/>
    public static Tensor sub_(Tensor left, Tensor right) => left.sub_(right);

    /// <inheritdoc cref="Tensor.sub_(Scalar)"/>
    public static Tensor sub_(Tensor left, Scalar right) => left.sub_(right);

    /// <inheritdoc cref="Tensor.subtract(Tensor)"/>
    public static Tensor subtract(Tensor left, Tensor right) => left.subtract(right);

    /// <inheritdoc cref="Tensor.subtract(Scalar)"/>
    public static Tensor subtract(Tensor left, Scalar right) => left.subtract(right);

    /// <inheritdoc cref="Tensor.subtract_(Tensor)"/>
    public static Tensor subtract_(Tensor left, Tensor right) => left.subtract_(right);

    /// <inheritdoc cref="Tensor.subtract_(Scalar)"/>
    public static Tensor subtract_(Tensor left, Scalar right) => left.subtract_(right);

    /// <inheritdoc cref="Tensor.mul(Tensor)"/>
    public static Tensor mul(Tensor left, Tensor right) => left.mul(right);

    /// <inheritdoc cref="Tensor.mul(Scalar)"/>
    public static Tensor mul(Tensor left, Scalar right) => left.mul(right);

    /// <inheritdoc cref="Tensor.mul_(Tensor)"/>
    public static Tensor mul_(Tensor left, Tensor right) => left.mul_(right);

    /// <inheritdoc cref="Tensor.mul_(Scalar)"/>
    public static Tensor mul_(Tensor left, Scalar right) => left.mul_(right);

    /// <inheritdoc cref="Tensor.multiply(Tensor)"/>
    public static Tensor multiply(Tensor left, Tensor right) => left.multiply(right);

    /// <inheritdoc cref="Tensor.multiply(Scalar)"/>
    public static Tensor multiply(Tensor left, Scalar right) => left.multiply(right);

    /// <inheritdoc cref="Tensor.multiply_(Tensor)"/>
    public static Tensor multiply_(Tensor left, Tensor right) => left.multiply_(right);

    /// <inheritdoc cref="Tensor.multiply_(Scalar)"/>
    public static Tensor multiply_(Tensor left, Scalar right) => left.multiply_(right);
}
