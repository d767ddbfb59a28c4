using Foof;
using TorchSharp;

// Points are labelled by the sign of a random quadratic form.
torch.manual_seed(1);
using var inputs = torch.randn(1000, 20);
using var form = torch.randn(20, 20);
using var labels = inputs.mm(form).mul(inputs).sum(1L).gt(0).to(torch.int64);

using var model = torch.nn.Sequential(
    torch.nn.Linear(20, 100),
    torch.nn.ReLU(),
    torch.nn.Linear(100, 100),
    torch.nn.ReLU(),
    torch.nn.Linear(100, 2)
);

using var optimizer = new FoofOptimizer(model, learningRate: 0.1, damping: 0.1, momentum: 0.9);

for (var epoch = 1; epoch <= 20; epoch++)
{
    double sum = 0;
    for (var start = 0; start < 1000; start += 50)
    {
        using var scope = torch.NewDisposeScope();
        using var step = optimizer.Step(inputs.narrow(0, start, 50), labels.narrow(0, start, 50));
        sum += step.ReadLoss();
    }
    Console.WriteLine($"epoch {epoch}: loss {sum / 20:F4}");
}
