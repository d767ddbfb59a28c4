using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>left + right, element by element.</summary>
        public static Tensor operator +(Tensor left, Tensor right) => left.add(right);

        /// <summary>left + right, element by element.</summary>
        public static Tensor operator +(Tensor left, Scalar right) => left.add(right);

        /// <summary>left + right, element by element.</summary>
        public static Tensor operator +(Tensor left, int right) => left.add(right);

        /// <summary>left + right, element by element.</summary>
        public static Tensor operator +(Tensor left, long right) => left.add(right);

        /// <summary>left + right, element by element.</summary>
        public static Tensor operator +(Tensor left, float right) => left.add(right);

        /// <summary>left + right, element by element.</summary>
        public static Tensor operator +(Tensor left, double right) => left.add(right);

        /// <summary>left + right, element by element.</summary>
        public static Tensor operator +(Scalar left, Tensor right) => right.add(left);

        /// <summary>left + right, element by element.</summary>
        public static Tensor operator +(int left, Tensor right) => right.add(left);

        /// <summary>left + right, element by element.</summary>
        public static Tensor operator +(long left, Tensor right) => right.add(left);

        /// <summary>left + right, element by element.</summary>
        public static Tensor operator +(float left, Tensor right) => right.add(left);

        /// <summary>left + right, element by element.</summary>
        public static Tensor operator +(double left, Tensor right) => right.add(left);

        /// <summary>left - right, element by element.</summary>
        public static Tensor operator -(Tensor left, Tensor right) => left.sub(right);

        /// <summary>left - right, element by element.</summary>
        public static Tensor operator -(Tensor left, Scalar right) => left.sub(right);

        /// <summary>left - right, element by element.</summary>
        public static Tensor operator -(Tensor left, int right) => left.sub(right);

        /// <summary>left - right, element by element.</summary>
        public static Tensor operator -(Tensor left, long right) => left.sub(right);

        /// <summary>left - right, element by element.</summary>
        public static Tensor operator -(Tensor left, float right) => left.sub(right);

        /// <summary>left - right, element by element.</summary>
        public static Tensor operator -(Tensor left, double right) => left.sub(right);

        /// <summary>left - right, element by element.</summary>
        public static Tensor operator -(Scalar left, Tensor right) => Aten.RsubScalar.Call(right, left);

        /// <summary>left - right, element by element.</summary>
        public static Tensor operator -(int left, Tensor right) => Aten.RsubScalar.Call(right, (Scalar)left);

        /// <summary>left - right, element by element.</summary>
        public static Tensor operator -(long left, Tensor right) => Aten.RsubScalar.Call(right, (Scalar)left);

        /// <summary>left - right, element by element.</summary>
        public static Tensor operator -(float left, Tensor right) =>
            Aten.RsubScalar.Call(right, (Scalar)left);

        /// <summary>left - right, element by element.</summary>
        public static Tensor operator -(double left, Tensor right) =>
            Aten.RsubScalar.Call(right, (Scalar)left);

        /// <summary>The negative.</summary>
        public static Tensor operator -(Tensor tensor) => tensor.neg();
    }
}
