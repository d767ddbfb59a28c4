using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>A small network of two layers, fitted to numbers with noise.</summary>
internal sealed class RegressionProblem : IDisposable
{
    internal RegressionProblem()
    {
        manual_seed(8);
        Model = nn.Sequential(("fc1", nn.Linear(2, 4)), ("tanh", nn.Tanh()), ("fc2", nn.Linear(4, 1)))
            .to(ScalarType.Float64);
        (Input, Target) = Draw(40);
        using var optimizer = optim.Adam(Model.parameters(), 0.03);
        for (var step = 0; step < 200; step++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            (Model.call(Input) - Target).square().mean().backward();
            optimizer.step();
        }
    }

    internal nn.Module<Tensor, Tensor> Model { get; }

    internal Tensor Input { get; }

    internal Tensor Target { get; }

    internal static (Tensor Input, Tensor Target) Draw(long points)
    {
        var input = randn(points, 2, dtype: ScalarType.Float64);
        var noise = randn(points, 1, dtype: ScalarType.Float64) * 0.3;
        return (input, (input.narrow(1, 0, 1) * 2).sin() + noise);
    }

    internal LaplacePosterior Fit(LaplaceOptions? options = null) =>
        LaplacePosterior.Fit(Model, Loss.SquaredError, [(Input, Target)], options);

    public void Dispose()
    {
        Model.Dispose();
        Input.Dispose();
        Target.Dispose();
    }
}
