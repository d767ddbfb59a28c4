using Foof;
using TorchSharp;
using static TorchSharp.torch;

// Two moons, and what a reader of the page has at hand: a model, data, batches.
(Tensor Images, Tensor Labels) Draw(long points)
{
    var classes = arange(points).remainder(2);
    var angle = rand(points) * Math.PI;
    var side = 1 - 2 * classes.to(float32);
    var curve = stack([side * angle.cos() + classes, side * angle.sin() + 0.5 * classes], 1);
    return (curve + 0.2 * randn(points, 2), classes);
}

var (images, labels) = Draw(200);
var (validationImages, validationLabels) = Draw(100);
var (testImages, testLabels) = Draw(100);
(Tensor Input, Tensor Target)[] batches =
[
    .. Enumerable.Range(0, 4).Select(i => (images.narrow(0, 50 * i, 50), labels.narrow(0, 50 * i, 50))),
];
List<(Tensor Images, Tensor Labels)> trainingBatches = [(images, labels)];
(Tensor Input, Tensor Target)[] validationBatches = [(validationImages, validationLabels)];
using var model = nn.Sequential(("hidden", nn.Linear(2, 30)), ("tanh", nn.Tanh()), ("output", nn.Linear(30, 2)));
