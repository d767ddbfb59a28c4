using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>From a TorchSharp model to calibrated predictions.</summary>
public sealed class TenLinesTests
{
    // More than this is no better than a guess that knows its own accuracy.
    private const double CalibratedError = 0.15;

    [Fact]
    public void Ten_lines_lead_from_a_model_to_calibrated_predictions()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var ((inputs, labels), validation) = (SmallProblem.Draw(300), SmallProblem.Draw(150));
        var (testInputs, testLabels) = SmallProblem.Draw(300);

        var model = nn.Sequential(nn.Linear(2, 50), nn.Tanh(), nn.Linear(50, 3));
        using var optimizer = new FoofOptimizer(model, learningRate: 0.1, damping: 0.1);
        Trainer.Fit(optimizer, inputs, labels, epochs: 20, batchSize: 50);
        model.eval();
        using var posterior = LaplacePosterior.Fit(model, Loss.CrossEntropy, [(inputs, labels)]);
        posterior.Tune([validation]);
        using var prediction = posterior.Predict(testInputs);
        var error = Calibration.CalibrationError(prediction.Probabilities!, testLabels);
        Console.WriteLine($"calibration error {error:P1}");

        Assert.InRange(error, 0, CalibratedError);
        Assert.InRange(Calibration.Accuracy(prediction.Probabilities!, testLabels), 0.7, 1);
    }

    [Fact]
    public void The_ten_lines_of_the_readme_show_an_uncertainty_that_a_reader_sees()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var inputs = randn(500, 2);
        var labels = inputs.prod(1).gt(0).to(int64);
        var model = nn.Sequential(nn.Linear(2, 50), nn.Tanh(), nn.Linear(50, 2));
        using var optimizer = new FoofOptimizer(model, learningRate: 0.1, damping: 0.1);
        Trainer.Fit(optimizer, inputs, labels, epochs: 20, batchSize: 50);
        model.eval();
        using var posterior = LaplacePosterior.Fit(model, Loss.CrossEntropy, [(inputs, labels)]);
        using var near = posterior.Predict(
            tensor(
                new[,]
                {
                    { 1f, 1f },
                }
            )
        );
        using var far = posterior.Predict(
            tensor(
                new[,]
                {
                    { 9f, 9f },
                }
            )
        );
        Assert.InRange(near.Probabilities!.max().ToDouble(), 0.9, 1);
        Assert.InRange(far.Probabilities!.max().ToDouble(), 0.5, 0.75);
        Assert.InRange(far.Output.softmax(1).max().ToDouble(), 0.9, 1);
    }
}
