using Foof.Cli.Models;
using Foof.Cli.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Bench;

/// <summary>
/// Gradient descent without an optimiser: what a step costs at least over this binding, to hold the row of SGD against.
/// </summary>
internal sealed class HandWrittenSgd(nn.Module<Tensor, Tensor> model, ModelKind kind, TrainingOptions options)
    : ILearner
{
    private readonly Tensor[] weights = [.. model.parameters()];

    /// <summary>The optimiser as <c>bench step</c> lists it.</summary>
    internal static OptimizerKind Kind { get; } =
        new(
            "sgd by hand",
            LearningRate: 0.01,
            Momentum: 0,
            HasMomentum: false,
            Method: null,
            (model, kind, options) => new HandWrittenSgd(model, kind, options)
        );

    /// <inheritdoc/>
    public int WarmUpBatches => 0;

    /// <inheritdoc/>
    public void WarmUp(IEnumerable<Tensor> inputs) { }

    /// <inheritdoc/>
    public StepOutcome Step(Tensor input, Tensor target)
    {
        var output = model.call(input);
        var loss = kind.Classifies
            ? nn.functional.cross_entropy(output, target)
            : LikelihoodModule.loss(kind.Likelihood, output, target);
        var gradients = autograd.grad([loss], weights);
        using var unrecorded = no_grad();
        foreach (var (weight, gradient) in weights.Zip(gradients))
            weight.add_(gradient, -options.LearningRate);
        return new(loss.ToDouble(), output.detach());
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> State() => new Dictionary<string, Tensor>();

    /// <inheritdoc/>
    public void Restore(IReadOnlyDictionary<string, Tensor> state) { }

    /// <summary>Nothing is held.</summary>
    public void Dispose() { }
}
