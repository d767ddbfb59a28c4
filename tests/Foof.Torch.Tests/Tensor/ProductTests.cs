using static TorchSharp.torch;

namespace Foof.Torch.Tests;

public class ProductTests
{
    private static double[] Loops(Tensor a, Tensor b)
    {
        var (n, k, m) = (a.shape[0], a.shape[1], b.shape[1]);
        var (x, y) = (a.data<double>(), b.data<double>());
        var product = new double[n * m];
        for (var i = 0L; i < n; i++)
        for (var j = 0L; j < m; j++)
        for (var l = 0L; l < k; l++)
            product[i * m + j] += x[i, l] * y[l, j];
        return product;
    }

    [Fact]
    public void Every_way_to_multiply_matrices_agrees_with_loops()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Close.Normal(3, 4), Close.Normal(4, 2));
        var expected = Loops(a, b);
        Close.Equal(expected, a.mm(b));
        Close.Equal(expected, a.matmul(b));
        Close.Equal(expected, einsum("ij,jk->ik", a, b));
        Close.Equal(expected, einsum("ij,kj->ik", a, b.t()));
        Close.Equal(expected, a.tensordot(b, 1));
        Close.Equal(expected, a.tensordot(b, [1], [0]));
        Close.Equal(expected, tensordot(a, b, [(1L, 0L)]));
        Close.Equal(expected, a.unsqueeze(0).bmm(b.unsqueeze(0)));
        Close.Equal(expected, linalg.multi_dot([a, b]));
        Close.Equal(expected, zeros(3, 2, float64).addmm(a, b));
        Close.Equal(expected, stack([a.mv(b.select(1, 0)), a.matmul(b.select(1, 1))], 1));
    }

    [Fact]
    public void Einsum_agrees_with_loops()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Close.Normal(2, 3), Close.Normal(2, 3));
        var (x, y) = (a.data<double>(), b.data<double>());
        var rows = new double[2];
        var total = 0.0;
        for (var i = 0L; i < 2; i++)
        for (var j = 0L; j < 3; j++)
        {
            rows[i] += x[i, j] * y[i, j];
            total += x[i, j];
        }
        Close.Equal(rows, einsum("ij,ij->i", a, b));
        Close.Equal([rows[0] + rows[1]], einsum("ij,ij->", a, b));
        Close.Equal([total], einsum("ij->", a));
        Close.Equal([rows[0] + rows[1]], a.flatten().dot(b.flatten()));
        Close.Equal(rows, linalg.vecdot(a, b));
    }

    [Fact]
    public void Outer_and_Kronecker_products_hold_every_product()
    {
        using var scope = NewDisposeScope();
        var (x, y) = (Close.Vector(1, 2), Close.Vector(3, 4, 5));
        Close.Equal([3, 4, 5, 6, 8, 10], x.outer(y));
        Close.Equal([3, 4, 5, 6, 8, 10], kron(x, y));
        Close.Equal(
            [1, 0, 0, 2],
            eye(2, dtype: float64)
                .kron(
                    tensor(
                        new double[,]
                        {
                            { 1 },
                        }
                    )
                )
                .mul(x.outer(ones(2, float64)))
        );
    }

    [Fact]
    public void Updates_scale_what_is_there_and_what_is_added()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Close.Normal(3, 4), Close.Normal(4, 2));
        var (u, v) = (Close.Normal(3), Close.Normal(2));
        void Check(Tensor expected, Tensor pure, Func<Tensor, Tensor> inPlace)
        {
            Close.Equal(expected, pure);
            var target = ones(expected.shape, float64);
            Assert.Same(target, inPlace(target));
            Close.Equal(expected, target);
        }
        var one = ones(3, 2, float64);
        Check(2 + 3 * a.mm(b), one.addmm(a, b, 2, 3), x => x.addmm_(a, b, 2, 3));
        Check(2 + 3 * u.outer(v), one.addr(u, v, 2, 3), x => x.addr_(u, v, 2, 3));
        Check(2 + 3 * a.t().mv(u), ones(4, float64).addmv(a.t(), u, 2, 3), x => x.addmv_(a.t(), u, 2, 3));
        var (batchA, batchB) = (stack([a, 2 * a]), stack([b, b]));
        Check(2 + 9 * a.mm(b), one.addbmm(batchA, batchB, 2, 3), x => x.addbmm_(batchA, batchB, 2, 3));
        Close.Equal(2 + 3 * batchA.bmm(batchB), ones(2, 3, 2, float64).baddbmm(batchA, batchB, 2, 3));
        Check(1 + 2 * one * 3, one.addcmul(one, 3 * one, 2), x => x.addcmul_(one, 3 * one, 2));
    }

    [Fact]
    public void Matrices_that_do_not_fit_are_refused_with_the_reason()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<System.Runtime.InteropServices.ExternalException>(() =>
            ones(2, 3).mm(ones(2, 3))
        );
        Assert.Contains("cannot be multiplied (2x3 and 2x3)", error.Message, StringComparison.Ordinal);
    }
}
