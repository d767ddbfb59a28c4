using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Linear algebra: decompositions, solvers and norms; leading dimensions are batches.</summary>
    public static partial class linalg
    {
        /// <summary>Which parts of a QR decomposition are computed.</summary>
        public enum QRMode
        {
            /// <summary>Q [m; k] and R [k; n] with k = min(m, n).</summary>
            Reduced = 0,

            /// <summary>Q [m; m] and R [m; n].</summary>
            Complete = 1,

            /// <summary>Only R.</summary>
            R = 2,
        }

        /// <summary>The lower triangular L with A = L L^T of positive definite matrices.</summary>
        public static Tensor cholesky(Tensor input) => Aten.LinalgCholesky.Call(input);

        /// <summary>
        /// As cholesky, and 0 or the order of the leading minor that is not positive definite.
        /// </summary>
        public static (Tensor L, Tensor info) cholesky_ex(Tensor input, bool check_errors = false) =>
            Aten.LinalgCholeskyEx.Call2(input, false, check_errors);

        /// <summary>
        /// The eigenvalues, ascending, and the eigenvectors, as columns, of symmetric matrices; UPLO is the
        /// triangle that is read.
        /// </summary>
        public static (Tensor, Tensor) eigh(Tensor input, char UPLO = 'L') =>
            Aten.LinalgEigh.Call2(input, UPLO.ToString());

        /// <summary>The eigenvalues of symmetric matrices, ascending.</summary>
        public static Tensor eigvalsh(Tensor input, char UPLO = 'L') =>
            Aten.LinalgEigvalsh.Call(input, UPLO.ToString());

        /// <summary>The complex eigenvalues and eigenvectors of square matrices.</summary>
        public static (Tensor, Tensor) eig(Tensor input) => Aten.LinalgEig.Call2(input);

        /// <summary>The complex eigenvalues of square matrices.</summary>
        public static Tensor eigvals(Tensor input) => Aten.LinalgEigvals.Call(input);

        /// <summary>A = U diag(S) Vh with orthogonal U and Vh and descending S.</summary>
        public static (Tensor U, Tensor S, Tensor Vh) svd(Tensor input, bool fullMatrices = true) =>
            Aten.LinalgSvd.Call3(input, fullMatrices);

        /// <summary>The singular values, descending.</summary>
        public static Tensor svdvals(Tensor input) => Aten.LinalgSvdvals.Call(input);

        /// <summary>A = Q R with orthogonal Q and upper triangular R.</summary>
        public static (Tensor Q, Tensor R) qr(Tensor input, QRMode mode = QRMode.Reduced) =>
            Aten.LinalgQr.Call2(input, NameOf(mode));

        /// <summary>A = P L U with a permutation P, unit lower triangular L and upper triangular U.</summary>
        public static (Tensor P, Tensor L, Tensor U) lu(Tensor input, bool pivot = true) =>
            Aten.LinalgLu.Call3(input, pivot);

        /// <summary>The LU decomposition in LAPACK's form, for lu_solve.</summary>
        public static (Tensor LU, Tensor? Pivots) lu_factor(Tensor input, bool pivot = true) =>
            Aten.LinalgLuFactor.Call2(input, pivot);

        /// <summary>X with A X = B, where lu_factor decomposed A.</summary>
        public static Tensor lu_solve(
            Tensor LU,
            Tensor pivots,
            Tensor B,
            bool left = true,
            bool adjoint = false
        ) => Aten.LinalgLuSolve.Call(LU, pivots, B, left, adjoint);

        /// <summary>The LDL decomposition of symmetric matrices in LAPACK's form.</summary>
        public static (Tensor LU, Tensor? Pivots) ldl_factor(Tensor input, bool hermitian = true) =>
            Aten.LinalgLdlFactor.Call2(input, hermitian);

        /// <summary>X with A X = B, where ldl_factor decomposed A.</summary>
        public static Tensor ldl_solve(Tensor LD, Tensor pivots, Tensor B, bool hermitian = false) =>
            Aten.LinalgLdlSolve.Call(LD, pivots, B, hermitian);

        /// <summary>The first columns of the product of Householder reflectors.</summary>
        public static Tensor householder_product(Tensor A, Tensor tau) =>
            Aten.LinalgHouseholderProduct.Call(A, tau);

        private static string NameOf(QRMode mode) =>
            mode switch
            {
                QRMode.Complete => "complete",
                QRMode.R => "r",
                _ => "reduced",
            };
    }
}
