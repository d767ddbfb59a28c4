using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Curvature;

/// <summary>A small classifier in float64, and its Fisher by loops over points and classes.</summary>
internal sealed class Explicit : IDisposable
{
    // Two orders of float64 sums, square roots of probabilities and Cholesky factors on the way.
    internal const double Tolerance = 1e-9;

    internal const int Points = 7;

    internal const int Weights = (4 + 1) * 5 + 5 * 3;

    internal Explicit()
    {
        manual_seed(11);
        First = nn.Linear(4, 5, dtype: ScalarType.Float64);
        Last = nn.Linear(5, 3, hasBias: false, dtype: ScalarType.Float64);
        Model = nn.Sequential(("first", First), ("tanh", nn.Tanh()), ("last", Last));
        Input = randn(Points, 4, dtype: ScalarType.Float64);
        Target = randint(0, 3, [Points], dtype: ScalarType.Int64);
    }

    internal Linear First { get; }

    internal Linear Last { get; }

    internal Sequential Model { get; }

    internal Tensor Input { get; }

    internal Tensor Target { get; }

    /// <summary>A vector in weight space as one column.</summary>
    internal static Tensor Flat(Tensor[] vector) => cat([.. vector.Select(part => part.flatten())], 0);

    /// <summary>Random numbers in the layers' shapes.</summary>
    internal static Tensor[] Vector(CurvatureMatrix curvature) =>
        [.. curvature.Shapes.Select(shape => randn([.. shape], dtype: ScalarType.Float64))];

    /// <summary>The gradient of one point's loss at a label, biases as last columns.</summary>
    internal Tensor Gradient(long point, long label)
    {
        Model.zero_grad();
        var output = Model.call(Input.narrow(0, point, 1));
        nn.functional.cross_entropy(output, tensor(new[] { label })).backward();
        var first = cat([First.weight!.grad!, First.bias!.grad!.unsqueeze(1)], 1);
        var flat = cat([first.flatten(), Last.weight!.grad!.flatten()], 0);
        Model.zero_grad();
        return flat.detach().clone();
    }

    /// <summary>1/n sum_i sum_c p_c g_c g_c^T, [p; p].</summary>
    internal Tensor Fisher()
    {
        var sum = zeros(Weights, Weights, dtype: ScalarType.Float64);
        for (long i = 0; i < Points; i++)
        {
            var probabilities = Model.call(Input.narrow(0, i, 1)).softmax(1).detach();
            for (long c = 0; c < 3; c++)
            {
                var g = Gradient(i, c);
                sum += g.outer(g) * probabilities[0, c] / Points;
            }
        }
        return sum;
    }

    /// <summary>1/n sum_i g_i at the labels.</summary>
    internal Tensor MeanGradient() =>
        Enumerable.Range(0, Points).Select(i => Gradient(i, Target[i].ToInt64())).Aggregate((x, y) => x + y) / Points;

    internal static void Agree(Tensor expected, Tensor actual)
    {
        var distance = (expected - actual).norm().ToDouble();
        Assert.True(
            distance <= Tolerance * (1 + expected.norm().ToDouble()),
            $"They are {distance:E2} apart; the expected one has a norm of {expected.norm().ToDouble():E2}."
        );
    }

    public void Dispose() => Model.Dispose();
}
