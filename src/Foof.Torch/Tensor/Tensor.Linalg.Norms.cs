using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public static partial class linalg
    {
        /// <summary>The norms of matrices named fro (Frobenius) or nuc (sum of singular values).</summary>
        public static Tensor matrix_norm(
            Tensor input,
            string ord = "fro",
            long[]? dims = null,
            bool keepdim = false
        ) => Aten.LinalgMatrixNormStrOrd.Call(input, ord, dims ?? LastTwo, keepdim);

        /// <summary>
        /// The norms of matrices: 2 spectral, 1 columns, infinity rows; negative for the smallest.
        /// </summary>
        public static Tensor matrix_norm(
            Tensor input,
            double ord,
            long[]? dims = null,
            bool keepdim = false
        ) => Aten.LinalgMatrixNorm.Call(input, ord, dims ?? LastTwo, keepdim);

        /// <summary>The p-norms over dims (null: of all elements).</summary>
        public static Tensor vector_norm(
            Tensor input,
            double ord = 2d,
            long[]? dims = null,
            bool keepdim = false
        ) => Aten.LinalgVectorNorm.Call(input, ord, dims, keepdim);

        /// <summary>The norms of matrices named fro or nuc.</summary>
        public static Tensor norm(Tensor input, string ord, long[]? dims = null, bool keepdim = false) =>
            Aten.LinalgNormOrdStr.Call(input, ord, dims, keepdim);

        /// <summary>The norms of vectors or matrices.</summary>
        public static Tensor norm(Tensor input, double ord, long[]? dims = null, bool keepdim = false) =>
            Aten.LinalgNorm.Call(input, ord, dims, keepdim);

        /// <summary>The norms of vectors or matrices.</summary>
        public static Tensor norm(Tensor input, int ord, long[]? dims = null, bool keepdim = false) =>
            Aten.LinalgNorm.Call(input, (double)ord, dims, keepdim);

        /// <summary>The 2-norms of vectors or Frobenius norms of matrices.</summary>
        public static Tensor norm(Tensor input, long[]? dims = null, bool keepdim = false) =>
            Aten.LinalgNorm.Call(input, Value.None, dims, keepdim);

        private static long[] LastTwo => [-2, -1];
    }
}
