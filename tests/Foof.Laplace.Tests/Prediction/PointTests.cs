using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>Inputs without a dimension of data points are refused by predictions of both types.</summary>
public sealed class PointTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly SmallProblem problem = new();

    public void Dispose()
    {
        problem.Dispose();
        scope.Dispose();
    }

    [Fact]
    public void Sampled_weights_need_data_points_first()
    {
        using var posterior = problem.Fit();
        var options = new PredictionOptions { Type = PredictionType.SampledWeights, Samples = 2 };
        var weights = problem.Model.parameters().Select(own => own.detach().clone()).ToArray();
        Refused("data points first; one is a single number.", tensor(1f));
        Refused(
            "The model's output must be [2; ...], one row for each data point of the batch [2]; got [3].",
            tensor(new[] { 1f, 2f })
        );

        void Refused(string part, Tensor input)
        {
            var error = Assert.Throws<ArgumentException>(() => posterior.Predict(input, options));
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
            foreach (var (before, after) in weights.Zip(problem.Model.parameters()))
                Assert.True(before.eq(after).all().ToBoolean());
        }
    }

    [Fact]
    public void An_output_without_a_dimension_of_classes_is_refused()
    {
        using var model = nn.Sequential(("fc1", nn.Linear(2, 3)), ("fc2", nn.Linear(3, 1)), ("flat", nn.Flatten(0)));
        using var posterior = LaplacePosterior.Fit(model, Loss.SquaredError, [(randn(4, 2), randn(4))]);
        // One output a data point needs no further dimension.
        var options = new PredictionOptions { Type = PredictionType.SampledWeights, Samples = 2 };
        using var prediction = posterior.Predict(randn(4, 2), options);
        Assert.Equal([4], prediction.Output.shape);
        var error = Assert.Throws<ArgumentException>(() => posterior.Predict(randn(4, 5, 2), options));
        Assert.EndsWith("[4; 5; 2]; got [20].", error.Message, StringComparison.Ordinal);
    }
}
