// A classifier that knows what it does not know: two moons, and points far away from both.
using Foof;
using TorchSharp;
using static TorchSharp.torch;

manual_seed(1);
var (inputs, labels) = Moons(600);
var (heldOut, heldOutLabels) = Moons(200);
var (tests, testLabels) = Moons(1000);

using var model = nn.Sequential(nn.Linear(2, 100), nn.Tanh(), nn.Linear(100, 100), nn.Tanh(), nn.Linear(100, 2));

// Training: FOOF in place of Adam.
using var optimizer = new FoofOptimizer(model, learningRate: 0.1, damping: 0.01);
foreach (var epoch in Trainer.Fit(optimizer, inputs, labels, epochs: 20, batchSize: 50))
    Console.WriteLine($"epoch {epoch.Epoch}: loss {epoch.Loss:F4}");

// Uncertainty: a posterior over the weights, its prior precision chosen by validation data.
model.eval();
using var posterior = LaplacePosterior.Fit(model, Loss.CrossEntropy, [(inputs, labels)]);
posterior.Tune([(heldOut, heldOutLabels)]);

using var far = randn(1000, 2) * 3 + 8;
using var prediction = posterior.Predict(tests);
using var elsewhere = posterior.Predict(far);
using var plain = model.call(tests).softmax(1);
using var plainFar = model.call(far).softmax(1);
Report("network alone", plain, plainFar);
Report("posterior", prediction.Probabilities!, elsewhere.Probabilities!);

void Report(string name, Tensor probabilities, Tensor probabilitiesFar)
{
    var likelihood = Calibration.NegativeLogLikelihood(probabilities, testLabels);
    var confidence = probabilitiesFar.amax([1L]).mean().ToDouble();
    Console.WriteLine($"{name}: test NLL {likelihood:F4}, confidence far from all data {confidence:P1}");
}

static (Tensor, Tensor) Moons(long points)
{
    var labels = arange(points).remainder(2);
    var angle = rand(points) * Math.PI;
    var side = 1 - 2 * labels.to(float32);
    var curve = stack([side * angle.cos() + labels, side * angle.sin() + 0.5 * labels], 1);
    return (curve + 0.2 * randn(points, 2), labels);
}
