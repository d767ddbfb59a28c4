namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>left * right, element by element.</summary>
        public static Tensor operator *(Tensor left, Tensor right) => left.mul(right);

        /// <summary>left * right, element by element.</summary>
        public static Tensor operator *(Tensor left, Scalar right) => left.mul(right);

        /// <summary>left * right, element by element.</summary>
        public static Tensor operator *(Tensor left, int right) => left.mul(right);

        /// <summary>left * right, element by element.</summary>
        public static Tensor operator *(Tensor left, long right) => left.mul(right);

        /// <summary>left * right, element by element.</summary>
        public static Tensor operator *(Tensor left, float right) => left.mul(right);

        /// <summary>left * right, element by element.</summary>
        public static Tensor operator *(Tensor left, double right) => left.mul(right);

        /// <summary>left * right, element by element.</summary>
        public static Tensor operator *(Scalar left, Tensor right) => right.mul(left);

        /// <summary>left * right, element by element.</summary>
        public static Tensor operator *(int left, Tensor right) => right.mul(left);

        /// <summary>left * right, element by element.</summary>
        public static Tensor operator *(long left, Tensor right) => right.mul(left);

        /// <summary>left * right, element by element.</summary>
        public static Tensor operator *(float left, Tensor right) => right.mul(left);

        /// <summary>left * right, element by element.</summary>
        public static Tensor operator *(double left, Tensor right) => right.mul(left);

        /// <summary>left / right, element by element; integers become floats.</summary>
        public static Tensor operator /(Tensor left, Tensor right) => left.div(right);

        /// <summary>left / right, element by element; integers become floats.</summary>
        public static Tensor operator /(Tensor left, Scalar right) => left.div(right);

        /// <summary>left / right, element by element; integers become floats.</summary>
        public static Tensor operator /(Tensor left, int right) => left.div(right);

        /// <summary>left / right, element by element; integers become floats.</summary>
        public static Tensor operator /(Tensor left, long right) => left.div(right);

        /// <summary>left / right, element by element; integers become floats.</summary>
        public static Tensor operator /(Tensor left, float right) => left.div(right);

        /// <summary>left / right, element by element; integers become floats.</summary>
        public static Tensor operator /(Tensor left, double right) => left.div(right);

        /// <summary>left / right, element by element; integers become floats.</summary>
        public static Tensor operator /(Scalar left, Tensor right) => Quotient(left, right);

        /// <summary>left / right, element by element; integers become floats.</summary>
        public static Tensor operator /(int left, Tensor right) => Quotient(left, right);

        /// <summary>left / right, element by element; integers become floats.</summary>
        public static Tensor operator /(long left, Tensor right) => Quotient(left, right);

        /// <summary>left / right, element by element; integers become floats.</summary>
        public static Tensor operator /(float left, Tensor right) => Quotient(left, right);

        /// <summary>left / right, element by element; integers become floats.</summary>
        public static Tensor operator /(double left, Tensor right) => Quotient(left, right);

        /// <summary>The remainder of left / right, with the sign of right.</summary>
        public static Tensor operator %(Tensor left, Tensor right) => left.remainder(right);

        /// <summary>The remainder of left / right, with the sign of right.</summary>
        public static Tensor operator %(Tensor left, Scalar right) => left.remainder(right);

        /// <summary>The remainder of left / right, with the sign of right.</summary>
        public static Tensor operator %(Tensor left, int right) => left.remainder(right);

        /// <summary>The remainder of left / right, with the sign of right.</summary>
        public static Tensor operator %(Tensor left, long right) => left.remainder(right);

        /// <summary>The remainder of left / right, with the sign of right.</summary>
        public static Tensor operator %(Tensor left, float right) => left.remainder(right);

        /// <summary>The remainder of left / right, with the sign of right.</summary>
        public static Tensor operator %(Tensor left, double right) => left.remainder(right);

        private static Tensor Quotient(Scalar left, Tensor right)
        {
            using var inverse = right.reciprocal();
            return inverse.mul(left);
        }
    }
}
