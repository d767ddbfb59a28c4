using Foof;
using TorchSharp;

// Three kinds of points in the plane, as a user of the packages may have them.
torch.manual_seed(1);
var labels = torch.arange(300).remainder(3);
var angle = labels.to(torch.float32) * 2.1f;
var inputs = torch.stack([angle.cos(), angle.sin()], 1) + torch.randn(300, 2) * 0.4f;

using var model = torch.nn.Sequential(torch.nn.Linear(2, 20), torch.nn.Tanh(), torch.nn.Linear(20, 3));
using var optimizer = new FoofOptimizer(model, learningRate: 0.1, damping: 0.1);
Trainer.Fit(optimizer, inputs, labels, epochs: 10, batchSize: 50);

model.eval();
using var posterior = LaplacePosterior.Fit(model, Loss.CrossEntropy, [(inputs, labels)]);
using var prediction = posterior.Predict(inputs);
Console.WriteLine($"accuracy {Calibration.Accuracy(prediction.Probabilities!, labels):F2}");
Console.WriteLine($"{posterior.Parameters} weights");
