using static TorchSharp.torch;

namespace Foof.Torch.Tests;

public class GradientTests
{
    private const double Step = 1e-6;
    private const double CentralDifference = 1e-6;

    private static readonly (string Name, Func<Tensor, Tensor> Function)[] Functions =
    [
        ("add", x => x + x.t()),
        ("sub", x => 3 - x),
        ("mul", x => x * x * 2),
        ("div", x => 2 / x),
        ("pow", x => x.pow(3)),
        ("remainder", x => x % 10),
        ("exp", x => x.exp()),
        ("log", x => x.log()),
        ("log1p", x => x.log1p()),
        ("sqrt", x => x.sqrt()),
        ("rsqrt", x => x.rsqrt()),
        ("square", x => x.square()),
        ("sin", x => x.sin()),
        ("tanh", x => x.tanh()),
        ("sigmoid", x => x.sigmoid()),
        ("relu", x => (x - 1.01).relu()),
        ("abs", x => (x - 1.01).abs()),
        ("erf", x => x.erf()),
        ("lgamma", x => x.lgamma()),
        ("digamma", x => x.digamma()),
        ("softmax", x => x.softmax(1)),
        ("log_softmax", x => x.log_softmax(0)),
        ("clamp", x => x.clamp(0.8, 1.2)),
        ("lerp", x => x.lerp(x * x, x)),
        ("where", x => where(x > 1.01, x, x * x)),
        ("masked_fill", x => x.masked_fill(x > 1.01, 0)),
        ("maximum", x => x.maximum(2.02 - x)),
        ("sum", x => x.sum(0)),
        ("mean", x => x.mean([1])),
        ("var", x => x.var(1)),
        ("std", x => x.std(0)),
        ("prod", x => x.prod(1)),
        ("norm", x => x.norm()),
        ("logsumexp", x => x.logsumexp(1)),
        ("cumsum", x => x.cumsum(1)),
        ("cumprod", x => x.cumprod(0)),
        ("max", x => x.max(1).values),
        ("amin", x => x.amin(1)),
        ("sort", x => x.sort().Values),
        ("topk", x => x.topk(2).values),
        ("mm", x => x.mm(x)),
        ("matmul", x => x.matmul(x.t())),
        ("mv", x => x.mv(x[0])),
        ("bmm", x => x.unsqueeze(0).bmm(x.unsqueeze(0))),
        ("addmm", x => x.addmm(x, x, 2, 3)),
        ("baddbmm", x => x.unsqueeze(0).baddbmm(x.unsqueeze(0), x.unsqueeze(0), 2, 3)),
        ("addcmul", x => x.addcmul(x, x, 2)),
        ("addcdiv", x => x.addcdiv(x, x * x, 2)),
        ("outer", x => x[0].outer(x[1])),
        ("einsum", x => einsum("ij,kj->ik", x, x)),
        ("kron", x => x.kron(x)),
        ("tensordot", x => x.tensordot(x, 1)),
        ("reshape", x => x.reshape(9).view(9, 1).expand(9, 2)),
        ("permute", x => x.permute(1, 0) * x),
        ("repeat", x => x.repeat(2, 2)),
        ("cat", x => cat([x, x * x], 1)),
        ("stack", x => stack([x, x * x])),
        ("split", x => x.split(1)[1]),
        ("flip", x => x.flip(0) * x),
        ("roll", x => x.roll(1, 0) * x),
        ("diagonal", x => x.diagonal()),
        ("tril", x => x.tril() + x.diag().diag()),
        ("trace", x => x.trace()),
        ("index", x => x[1.., TensorIndex.Tensor(tensor(new long[] { 0, 0, 2 }))]),
        ("select", x => x[1, 2]),
        ("narrow", x => x.narrow(0, 1, 2)),
        (
            "gather",
            x =>
                x.gather(
                    1,
                    tensor(
                        new long[,]
                        {
                            { 0, 0 },
                            { 1, 2 },
                        }
                    )
                )
        ),
        (
            "scatter_add",
            x =>
                x.scatter_add(
                    1,
                    tensor(
                        new long[,]
                        {
                            { 0, 0 },
                        }
                    ),
                    x[..1, ..2]
                )
        ),
        ("index_select", x => x.index_select(0, tensor(new long[] { 1, 1 }))),
        ("index_add", x => x.index_add(0, tensor(new long[] { 1 }), x[..1], 2)),
        ("in place", x => (x * 1).add_(x).mul_(x).addmm_(x, x).exp_()),
        ("put", Put),
        ("cholesky", x => linalg.cholesky(Definite(x))),
        ("cholesky_solve", x => x.cholesky_solve(linalg.cholesky(Definite(x)))),
        ("eigh", x => linalg.eigh(Definite(x)).Item1),
        ("svdvals", x => linalg.svdvals(x)),
        ("inv", x => linalg.inv(Definite(x))),
        ("solve", x => linalg.solve(Definite(x), x)),
        ("solve_triangular", x => linalg.solve_triangular(x.tril(), x, upper: false)),
        ("qr", x => linalg.qr(x).R.abs()),
        ("logdet", x => Definite(x).logdet()),
        ("slogdet", x => linalg.slogdet(x).Item2),
        ("matrix_norm", x => linalg.matrix_norm(x)),
        ("vector_norm", x => linalg.vector_norm(x, 3)),
        ("cast", x => x.to(float64).clone().contiguous()),
    ];

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Functions.Length)];

    private static Tensor Definite(Tensor x) => x.mm(x.t()) + 3 * eye(3, dtype: float64);

    private static Tensor Put(Tensor x)
    {
        var y = x * 1;
        y[0] = x[1] * x[2];
        return y;
    }

    private static Tensor Point() =>
        tensor(
            new double[,]
            {
                { 0.9, 1.3, 0.7 },
                { 1.1, 0.6, 1.4 },
                { 0.5, 0.85, 1.25 },
            }
        );

    // Weights that differ, so that no error cancels.
    private static Tensor Weighted(Tensor value) =>
        (value * linspace(0.5, 1.5, value.numel(), float64).view(value.shape)).sum();

    [Theory, MemberData(nameof(Numbers))]
    public void A_gradient_agrees_with_central_differences(int number)
    {
        using var scope = NewDisposeScope();
        var function = Functions[number].Function;
        var x = Point().requires_grad_();
        var gradient = autograd.grad([Weighted(function(x))], [x])[0];
        var expected = new double[9];
        for (var i = 0; i < 9; i++)
        {
            double At(double shift)
            {
                var moved = Point();
                moved.data<double>()[i / 3, i % 3] += shift;
                return Weighted(function(moved)).item<double>();
            }
            expected[i] = (At(Step) - At(-Step)) / (2 * Step);
        }
        Close.Equal(expected, gradient, CentralDifference);
    }
}
