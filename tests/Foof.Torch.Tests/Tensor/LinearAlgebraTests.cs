using static TorchSharp.torch;

namespace Foof.Torch.Tests;

public class LinearAlgebraTests
{
    [Fact]
    public void Cholesky_factors_rebuild_solve_and_invert()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Close.Definite(5), Close.Normal(5, 2));
        var factor = linalg.cholesky(a);
        Close.Equal(a, factor.mm(factor.t()));
        Close.Equal(factor, factor.tril());
        Close.Equal(factor.t(), a.cholesky(upper: true));
        Close.Equal(factor, cholesky(a));
        Close.Equal(b, a.mm(b.cholesky_solve(factor)));
        Close.Equal(b, a.mm(cholesky_solve(b, factor.t().contiguous(), upper: true)));
        Close.Equal(eye(5, dtype: float64), a.mm(factor.cholesky_inverse()));
        var (same, info) = linalg.cholesky_ex(a);
        Close.Equal(factor, same);
        Close.Equal([0], info);
        Close.Equal([1], linalg.cholesky_ex(-a).info);
    }

    [Fact]
    public void A_matrix_that_is_not_positive_definite_is_refused_with_the_reason()
    {
        using var scope = NewDisposeScope();
        var a = -Close.Definite(3);
        var error = Assert.Throws<System.Runtime.InteropServices.ExternalException>(() => linalg.cholesky(a));
        Assert.Contains("not positive-definite", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Eigenvectors_rebuild_the_matrix()
    {
        using var scope = NewDisposeScope();
        var a = Close.Definite(5);
        var (values, vectors) = linalg.eigh(a);
        Close.Equal(a, vectors.mm(values.diag()).mm(vectors.t()));
        Close.Equal(eye(5, dtype: float64), vectors.t().mm(vectors));
        Close.Equal(values, linalg.eigvalsh(a, 'U'));
        Close.Equal(values, values.sort().Values);
    }

    [Fact]
    public void Singular_vectors_rebuild_the_matrix()
    {
        using var scope = NewDisposeScope();
        var a = Close.Normal(5, 3);
        var (U, S, Vh) = linalg.svd(a, fullMatrices: false);
        Close.Equal(a, U.mm(S.diag()).mm(Vh));
        Close.Equal(S, linalg.svdvals(a));
        Assert.Equal([5, 5], linalg.svd(a).U.shape);
    }

    [Fact]
    public void Triangular_and_general_systems_are_solved()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Close.Definite(4), Close.Normal(4, 2));
        var lower = linalg.cholesky(a);
        Close.Equal(b, a.mm(linalg.solve(a, b)));
        Close.Equal(b.t(), linalg.solve(a, b.t(), left: false).mm(a));
        var (result, info) = linalg.solve_ex(a, b);
        Close.Equal(b, a.mm(result));
        Close.Equal([0], info);
        Close.Equal(b, lower.mm(linalg.solve_triangular(lower, b, upper: false)));
        var target = empty(4, 2, float64);
        Assert.Same(target, linalg.solve_triangular(lower.t(), b, upper: true, @out: target));
        Close.Equal(b, lower.t().mm(target));
        var (LU, pivots) = linalg.lu_factor(a);
        Close.Equal(b, a.mm(linalg.lu_solve(LU, pivots!, b)));
        var (P, L, U) = linalg.lu(a);
        Close.Equal(a, P.mm(L).mm(U));
    }

    [Fact]
    public void Inverses_and_determinants_are_consistent()
    {
        using var scope = NewDisposeScope();
        var a = Close.Definite(4);
        var identity = eye(4, dtype: float64);
        Close.Equal(identity, a.mm(linalg.inv(a)));
        Close.Equal(identity, a.mm(a.inverse()));
        Close.Equal(identity, linalg.inv_ex(a).L.mm(a));
        Close.Equal(identity, a.mm(linalg.pinv(a)));
        var determinant = linalg.eigvalsh(a).prod();
        Close.Equal(determinant, a.det());
        Close.Equal(determinant.log(), logdet(a));
        var (sign, logarithm) = linalg.slogdet(-a[..3, ..3]);
        Close.Equal([-1], sign);
        Close.Equal(a[..3, ..3].logdet(), logarithm);
        Close.Equal([4], linalg.matrix_rank(a));
        Close.Equal(a.mm(a).mm(a), a.matrix_power(3));
    }

    [Fact]
    public void Orthogonal_triangular_factors_rebuild_the_matrix()
    {
        using var scope = NewDisposeScope();
        var a = Close.Normal(5, 3);
        var (Q, R) = linalg.qr(a);
        Close.Equal(a, Q.mm(R));
        Close.Equal(eye(3, dtype: float64), Q.t().mm(Q));
        Assert.Equal([5, 5], linalg.qr(a, linalg.QRMode.Complete).Q.shape);
    }

    [Fact]
    public void Least_squares_fulfil_the_normal_equations()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Close.Normal(6, 3), Close.Normal(6, 2).flip(0));
        var solution = linalg.lstsq(a, b).Solution;
        Close.Equal(a.t().mm(b), a.t().mm(a).mm(solution));
        Close.Equal(solution, lstsq(b, a).Solution);
    }

    [Fact]
    public void Norms_agree_with_their_definitions()
    {
        using var scope = NewDisposeScope();
        var a = tensor(
            new double[,]
            {
                { 3, 0 },
                { 0, -4 },
            }
        );
        Close.Equal([5], linalg.matrix_norm(a));
        Close.Equal([4], linalg.matrix_norm(a, 2));
        Close.Equal([7], linalg.matrix_norm(a, "nuc"));
        Close.Equal([5], linalg.vector_norm(a));
        Close.Equal([7], linalg.vector_norm(a, 1));
        Close.Equal([3, 4], linalg.vector_norm(a, dims: [1]));
        Close.Equal([5], linalg.norm(a));
        Close.Equal([4.0 / 3], linalg.cond(a));
        Close.Equal([3, -4], linalg.diagonal(a));
    }
}
