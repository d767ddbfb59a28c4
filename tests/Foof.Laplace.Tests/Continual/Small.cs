using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Laplace.Tests.Continual;

/// <summary>A small classifier and its tasks, always the same ones.</summary>
internal sealed class Small : IDisposable
{
    internal Small(ScalarType type = ScalarType.Float64, int outputs = 3)
    {
        random.manual_seed(7);
        First = nn.Linear(4, 5, dtype: type);
        Last = nn.Linear(5, outputs, dtype: type);
        Model = nn.Sequential(("first", First), ("tanh", nn.Tanh()), ("last", Last));
        Type = type;
    }

    /// <summary>What is kept of a task's Fisher.</summary>
    internal static CurvatureStructure[] Structures =>
        [CurvatureStructure.Kronecker, CurvatureStructure.Diagonal, CurvatureStructure.LowRank];

    internal Linear First { get; }

    internal Linear Last { get; }

    internal Sequential Model { get; }

    internal ScalarType Type { get; }

    internal (Tensor Input, Tensor? Target)[] Task(int seed, int batches = 2, int points = 6)
    {
        random.manual_seed(seed);
        return
        [
            .. Enumerable
                .Range(0, batches)
                .Select(_ => (randn(points, 4, dtype: Type), (Tensor?)randint(0, 3, [points]))),
        ];
    }

    /// <summary>Moves the weights, as learning would.</summary>
    internal void Move(int seed, double by = 0.3)
    {
        random.manual_seed(seed);
        using var unrecorded = no_grad();
        foreach (var parameter in Model.parameters())
            parameter.add_(randn_like(parameter) * by);
    }

    /// <summary>All weights as one vector, layer by layer with biases as last columns.</summary>
    internal double[] Weights() => Flat(parameter => parameter);

    /// <summary>All gradients in the same form, with zeros for parameters without one.</summary>
    internal double[] Gradients() => Flat(parameter => parameter.grad ?? zeros_like(parameter));

    internal void ClearGradients() => Model.zero_grad();

    private double[] Flat(Func<Tensor, Tensor> of)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var parts = new[] { First, Last }.Select(layer =>
            cat([of(layer.weight!), of(layer.bias!).unsqueeze(1)], 1).flatten()
        );
        return cat([.. parts], 0).to(ScalarType.Float64).data<double>().ToArray();
    }

    /// <summary>
    /// The full Fisher of a task by loops over points and classes: sum_c p_c g_c g_c^T, a mean over points.
    /// </summary>
    internal double[,] Fisher((Tensor Input, Tensor? Target)[] task)
    {
        var points = task.Sum(batch => batch.Input.shape[0]);
        var p = Weights().Length;
        var sum = new double[p, p];
        foreach (var (input, _) in task)
            for (long i = 0; i < input.shape[0]; i++)
            for (var c = 0; c < Last.out_features; c++)
            {
                using var scope = NewDisposeScope();
                ClearGradients();
                var logs = nn.functional.log_softmax(Model.call(input.narrow(0, i, 1)), 1);
                var log = logs.narrow(1, c, 1).sum();
                log.backward();
                var (g, weight) = (Gradients(), Math.Exp(log.detach().ToDouble()) / points);
                for (var row = 0; row < p; row++)
                for (var column = 0; column < p; column++)
                    sum[row, column] += weight * g[row] * g[column];
            }
        ClearGradients();
        return sum;
    }

    public void Dispose() => Model.Dispose();
}

/// <summary>Dense arithmetic by loops.</summary>
internal static class Dense
{
    // Two orders of float64 sums, and square roots of probabilities on the way.
    internal const double Tolerance = 1e-10;

    internal static double[] Times(double[,] matrix, double[] x) =>
        [
            .. Enumerable
                .Range(0, x.Length)
                .Select(row => x.Select((value, column) => matrix[row, column] * value).Sum()),
        ];

    internal static double Dot(double[] x, double[] y) => x.Zip(y, (a, b) => a * b).Sum();

    internal static double[] Minus(double[] x, double[] y) => [.. x.Zip(y, (a, b) => a - b)];

    internal static double[] Plus(double[] x, double[] y) => [.. x.Zip(y, (a, b) => a + b)];

    internal static double[] Scaled(double c, double[] x) => [.. x.Select(value => c * value)];

    internal static void Agrees(double[] expected, double[] actual)
    {
        var distance = Math.Sqrt(Dot(Minus(expected, actual), Minus(expected, actual)));
        Assert.True(
            distance <= Tolerance * Math.Sqrt(Dot(expected, expected)),
            $"[{string.Join(", ", expected.Take(5))}] and [{string.Join(", ", actual.Take(5))}]"
        );
    }
}
