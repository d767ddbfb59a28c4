// Three tasks one after another: what plain training forgets, and what the curvature of earlier tasks keeps.
using Foof;
using TorchSharp;
using static TorchSharp.torch;

manual_seed(1);
const int Tasks = 3;
var centres = Enumerable.Range(0, Tasks).Select(_ => 2 * randn(10, 20)).ToArray();
var training = centres.Select(centre => Points(centre, 1000)).ToArray();
var tests = centres.Select(centre => Points(centre, 500)).ToArray();

foreach (var strength in new[] { 0.0, 3.0 })
{
    manual_seed(2);
    using var model = nn.Sequential(nn.Linear(20, 100), nn.ReLU(), nn.Linear(100, 10));
    using var optimizer = optim.Adam(model.parameters(), 1e-3);
    using var learnt = new ElasticWeightConsolidation(
        model,
        Loss.CrossEntropy,
        new ContinualOptions { Strength = strength }
    );

    foreach (var (inputs, labels) in training)
    {
        for (var step = 0; step < 600; step++)
        {
            using var scope = NewDisposeScope();
            var batch = randint(0, 1000, [50], dtype: int64);
            optimizer.zero_grad();
            nn.functional.cross_entropy(model.call(inputs[batch]), labels[batch]).backward();
            learnt.AddGradient(); // the penalty of all tasks so far; nothing during the first one
            optimizer.step();
        }
        learnt.Consolidate([(inputs, labels)]);
    }

    var accuracies = tests.Select(test => Accuracy(model, test.Inputs, test.Labels)).ToArray();
    Console.WriteLine(
        $"strength {strength}: "
            + string.Join(", ", accuracies.Select((accuracy, task) => $"task {task + 1} {accuracy:P1}"))
            + $", average {accuracies.Average():P1}"
    );
}

static (Tensor Inputs, Tensor Labels) Points(Tensor centres, long count)
{
    var labels = randint(0, 10, [count], dtype: int64);
    return (centres[labels] + randn(count, 20), labels);
}

static double Accuracy(nn.Module<Tensor, Tensor> model, Tensor inputs, Tensor labels)
{
    using var scope = NewDisposeScope();
    return model.call(inputs).argmax(1).eq(labels).to(float32).mean().ToDouble();
}
