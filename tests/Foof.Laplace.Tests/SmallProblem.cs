using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>A small trained network with data: three classes of points in the plane.</summary>
internal sealed class SmallProblem : IDisposable
{
    internal SmallProblem(long points = 60, bool trained = true)
    {
        manual_seed(3);
        Model = nn.Sequential(("fc1", nn.Linear(2, 6)), ("tanh", nn.Tanh()), ("fc2", nn.Linear(6, 3)));
        (Input, Target) = Draw(points);
        if (trained)
            Train();
        Model.eval();
    }

    internal nn.Module<Tensor, Tensor> Model { get; }

    internal Tensor Input { get; }

    internal Tensor Target { get; }

    internal IEnumerable<(Tensor, Tensor?)> Batches => [(Input.narrow(0, 0, 25), Target.narrow(0, 0, 25)), Rest];

    private (Tensor, Tensor?) Rest =>
        (Input.narrow(0, 25, Input.shape[0] - 25), Target.narrow(0, 25, Input.shape[0] - 25));

    internal static (Tensor Input, Tensor Target) Draw(long points)
    {
        var labels = arange(points).remainder(3);
        var angle = labels.to(ScalarType.Float32) * 2.1f;
        var centre = stack([angle.cos(), angle.sin()], 1);
        return (centre + randn(points, 2) * 0.6f, labels);
    }

    internal LaplacePosterior Fit(LaplaceOptions? options = null) =>
        LaplacePosterior.Fit(Model, Loss.CrossEntropy, Batches, options, new Generator(5));

    private void Train()
    {
        using var optimizer = optim.Adam(Model.parameters(), 0.03, weight_decay: 1.0 / Input.shape[0]);
        for (var step = 0; step < 300; step++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            nn.functional.cross_entropy(Model.call(Input), Target).backward();
            optimizer.step();
        }
    }

    public void Dispose()
    {
        Model.Dispose();
        Input.Dispose();
        Target.Dispose();
    }
}
