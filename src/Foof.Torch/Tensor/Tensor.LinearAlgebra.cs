using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>
        /// The lower triangular L with A = L L^T (or the upper U with A = U^T U) of positive definite
        /// matrices.
        /// </summary>
        public Tensor cholesky(bool upper = false) => Aten.LinalgCholesky.Call(this, upper);

        /// <summary>The inverse of A, of which this is the Cholesky factor.</summary>
        public Tensor cholesky_inverse(bool upper = false) => Aten.CholeskyInverse.Call(this, upper);

        /// <summary>X with A X = this, where input2 is the Cholesky factor of A.</summary>
        public Tensor cholesky_solve(Tensor input2, bool upper = false) =>
            Aten.CholeskySolve.Call(this, input2, upper);

        /// <summary>The determinants.</summary>
        public Tensor det() => Aten.LinalgDet.Call(this);

        /// <summary>The logarithms of the determinants; NaN where one is negative.</summary>
        public Tensor logdet() => Aten.Logdet.Call(this);

        /// <summary>The inverses.</summary>
        public Tensor inverse() => Aten.LinalgInv.Call(this);

        /// <summary>
        /// The pseudo-inverses; singular values below rcond times the largest count as zero.
        /// </summary>
        public Tensor pinverse(double rcond = 1e-15, bool hermitian = false) =>
            Aten.LinalgPinv.Call(this, rcond, hermitian);

        /// <summary>The matrix exponentials.</summary>
        public Tensor matrix_exp() => Aten.LinalgMatrixExp.Call(this);

        /// <summary>The n-th powers of square matrices; negative n inverts first.</summary>
        public Tensor matrix_power(int n) => Aten.LinalgMatrixPower.Call(this, n);

        /// <summary>
        /// The QR decomposition in LAPACK's form: R above, reflectors below the diagonal, their factors tau.
        /// </summary>
        public (Tensor a, Tensor tau) geqrf() => Aten.Geqrf.Call2(this);

        /// <summary>Q other (or other Q), with Q given by geqrf's reflectors.</summary>
        public Tensor ormqr(Tensor tau, Tensor other, bool left = true, bool transpose = false) =>
            Aten.Ormqr.Call(this, tau, other, left, transpose);
    }

    /// <inheritdoc cref="Tensor.cholesky(bool)"/>
    public static Tensor cholesky(Tensor input, bool upper) => input.cholesky(upper);

    /// <inheritdoc cref="Tensor.cholesky_inverse(bool)"/>
    public static Tensor cholesky_inverse(Tensor input, bool upper = false) => input.cholesky_inverse(upper);

    /// <inheritdoc cref="Tensor.cholesky_solve(Tensor, bool)"/>
    public static Tensor cholesky_solve(Tensor input, Tensor input2, bool upper = false) =>
        input.cholesky_solve(input2, upper);

    /// <inheritdoc cref="Tensor.det()"/>
    public static Tensor det(Tensor input) => input.det();

    /// <inheritdoc cref="Tensor.logdet()"/>
    public static Tensor logdet(Tensor input) => input.logdet();

    /// <inheritdoc cref="Tensor.inverse()"/>
    public static Tensor inverse(Tensor input) => input.inverse();

    /// <inheritdoc cref="Tensor.pinverse(double, bool)"/>
    public static Tensor pinverse(Tensor input, double rcond = 1e-15, bool hermitian = false) =>
        input.pinverse(rcond, hermitian);

    /// <inheritdoc cref="Tensor.matrix_exp()"/>
    public static Tensor matrix_exp(Tensor input) => input.matrix_exp();

    /// <inheritdoc cref="Tensor.matrix_power(int)"/>
    public static Tensor matrix_power(Tensor input, int n) => input.matrix_power(n);

    /// <inheritdoc cref="Tensor.geqrf()"/>
    public static (Tensor a, Tensor tau) geqrf(Tensor input) => input.geqrf();

    /// <inheritdoc cref="Tensor.ormqr(Tensor, Tensor, bool, bool)"/>
    public static Tensor ormqr(
        Tensor input,
        Tensor tau,
        Tensor other,
        bool left = true,
        bool transpose = false
    ) => input.ormqr(tau, other, left, transpose);

    /// <summary>The lower triangular L with A = L L^T of positive definite matrices.</summary>
    public static Tensor cholesky(Tensor input) => input.cholesky();

    /// <summary>The sign and the logarithm of the absolute value of the determinants.</summary>
    public static (Tensor res, Tensor logabsdet) slogdet(Tensor A) => Aten.LinalgSlogdet.Call2(A);

    /// <summary>The X that minimises ||A X - B||, and the QR decomposition of A as geqrf gives it.</summary>
    public static (Tensor Solution, Tensor QR) lstsq(Tensor B, Tensor A)
    {
        var (solution, residuals, rank, singular) = linalg.lstsq(A, B);
        residuals.Dispose();
        rank.Dispose();
        singular.Dispose();
        var (qr, tau) = A.geqrf();
        tau.Dispose();
        return (solution, qr);
    }

    /// <summary>The first columns of the product of Householder reflectors that geqrf gives.</summary>
    public static Tensor orgqr(Tensor input, Tensor tau) => Aten.LinalgHouseholderProduct.Call(input, tau);

    /// <summary>The cross products of vectors of three elements along one dimension.</summary>
    public static Tensor cross(Tensor input, Tensor other, long? dim = null) =>
        Aten.Cross.Call(input, other, dim);

    /// <summary>The p-norms of the differences between the rows of two matrices, [n; m].</summary>
    public static Tensor cdist(Tensor x1, Tensor x2, double p = 2.0) => Aten.Cdist.Call(x1, x2, p);
}
