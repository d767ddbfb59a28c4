using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public static partial class linalg
    {
        /// <summary>X with A X = B (or X A = B).</summary>
        public static Tensor solve(Tensor A, Tensor B, bool left = true) => Aten.LinalgSolve.Call(A, B, left);

        /// <summary>As solve, and 0 or the place of the pivot that is zero.</summary>
        public static (Tensor result, Tensor info) solve_ex(
            Tensor A,
            Tensor B,
            bool left = true,
            bool check_errors = false
        ) => Aten.LinalgSolveEx.Call2(A, B, left, check_errors);

        /// <summary>The inverses.</summary>
        public static Tensor inv(Tensor input) => Aten.LinalgInv.Call(input);

        /// <summary>As inv, and 0 or the place of the pivot that is zero.</summary>
        public static (Tensor L, Tensor info) inv_ex(Tensor input, bool check_errors = false) =>
            Aten.LinalgInvEx.Call2(input, check_errors);

        /// <summary>The determinants.</summary>
        public static Tensor det(Tensor input) => Aten.LinalgDet.Call(input);

        /// <summary>The sign and the logarithm of the absolute value of the determinants.</summary>
        public static (Tensor, Tensor) slogdet(Tensor input) => Aten.LinalgSlogdet.Call2(input);

        /// <summary>
        /// The pseudo-inverses; singular values up to max(atol, rtol times the largest) count as zero.
        /// </summary>
        public static Tensor pinv(
            Tensor input,
            double? atol = null,
            double? rtol = null,
            bool hermitian = false
        ) => Aten.LinalgPinvAtolRtolFloat.Call(input, atol, rtol, hermitian);

        /// <summary>The pseudo-inverses, with a tolerance for every matrix.</summary>
        public static Tensor pinv(Tensor input, Tensor atol, Tensor? rtol = null, bool hermitian = false) =>
            Aten.LinalgPinvAtolRtolTensor.Call(input, atol, rtol, hermitian);

        /// <summary>The number of singular values above max(atol, rtol times the largest).</summary>
        public static Tensor matrix_rank(
            Tensor input,
            double? atol = null,
            double? rtol = null,
            bool hermitian = false
        ) => Aten.LinalgMatrixRankAtolRtolFloat.Call(input, atol, rtol, hermitian);

        /// <summary>The rank, with a tolerance for every matrix.</summary>
        public static Tensor matrix_rank(
            Tensor input,
            Tensor atol,
            Tensor? rtol = null,
            bool hermitian = false
        ) => Aten.LinalgMatrixRankAtolRtolTensor.Call(input, atol, rtol, hermitian);

        /// <summary>The matrix exponentials.</summary>
        public static Tensor matrix_exp(Tensor input) => Aten.LinalgMatrixExp.Call(input);

        /// <summary>The n-th powers of square matrices.</summary>
        public static Tensor matrix_power(Tensor input, int n) => Aten.LinalgMatrixPower.Call(input, n);

        /// <summary>The product of a chain of matrices, in the cheapest order.</summary>
        public static Tensor multi_dot(IList<Tensor> tensors) => Aten.LinalgMultiDot.Call(Gathered(tensors));

        /// <summary>The cross products of vectors of three elements along one dimension.</summary>
        public static Tensor cross(Tensor input, Tensor other, long dim = -1) =>
            Aten.LinalgCross.Call(input, other, dim);

        /// <summary>The inner products along one dimension.</summary>
        public static Tensor vecdot(Tensor x, Tensor y, long dim = -1) => Aten.LinalgVecdot.Call(x, y, dim);

        /// <summary>A view of the diagonals in the plane of two dimensions.</summary>
        public static Tensor diagonal(Tensor input, int offset = 0, int dim1 = -2, int dim2 = -1) =>
            input.diagonal(offset, dim1, dim2);

        /// <summary>The inverse for tensordot over the first ind dimensions.</summary>
        public static Tensor tensorinv(Tensor input, long ind) => Aten.LinalgTensorinv.Call(input, ind);

        /// <summary>X with tensordot(A, X) = B.</summary>
        public static Tensor tensorsolve(Tensor A, Tensor B, long[] dims) =>
            Aten.LinalgTensorsolve.Call(A, B, dims);

        /// <summary>The Vandermonde matrix: the powers 0 to N - 1 of a vector.</summary>
        public static Tensor vander(Tensor input, long? N = null) => Aten.LinalgVander.Call(input, N);

        /// <summary>The condition numbers in the spectral norm.</summary>
        public static Tensor cond(Tensor input) => Aten.LinalgCond.Call(input);

        /// <summary>The condition numbers in a norm.</summary>
        public static Tensor cond(Tensor input, double p) => Aten.LinalgCond.Call(input, p);

        /// <summary>The condition numbers in a norm.</summary>
        public static Tensor cond(Tensor input, int p) => Aten.LinalgCond.Call(input, (double)p);

        /// <summary>The condition numbers in the norm named fro or nuc.</summary>
        public static Tensor cond(Tensor input, string p) => Aten.LinalgCondPStr.Call(input, p);

        /// <summary>X with A X = B (or X A = B) for triangular A, in @out where it is given.</summary>
        public static Tensor solve_triangular(
            Tensor A,
            Tensor B,
            bool upper,
            bool left = true,
            bool unitriangular = false,
            Tensor? @out = null
        )
        {
            if (@out is null)
                return Aten.LinalgSolveTriangular.Call(A, B, upper, left, unitriangular);
            Aten.LinalgSolveTriangularOut.Run(A, B, upper, left, unitriangular, @out);
            return @out;
        }

        /// <summary>
        /// The X that minimises ||A X - B||, its residuals, the rank and the singular values of A.
        /// </summary>
        public static (Tensor Solution, Tensor Residuals, Tensor Rank, Tensor SingularValues) lstsq(
            Tensor input,
            Tensor other
        ) => LeastSquares(input, other, null);

        /// <summary>As lstsq, with singular values below rcond times the largest counted as zero.</summary>
        public static (Tensor Solution, Tensor Residuals, Tensor Rank, Tensor SingularValues) lstsq(
            Tensor input,
            Tensor other,
            double rcond
        ) => LeastSquares(input, other, rcond);

        private static (Tensor, Tensor, Tensor, Tensor) LeastSquares(
            Tensor input,
            Tensor other,
            double? rcond
        )
        {
            var found = Aten.LinalgLstsq.CallMany(4, input, other, rcond);
            return (found[0], found[1], found[2], found[3]);
        }
    }
}
