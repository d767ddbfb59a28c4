using Foof.Cli.Models;
using Foof.Cli.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Bench;

/// <summary>Gradient descent without an optimiser: what the row of SGD is held against.</summary>
/// <param name="model">The network.</param>
/// <param name="kind">What its outputs are compared with.</param>
/// <param name="learningRate">The size of a step.</param>
internal sealed class HandWrittenSgd(nn.Module<Tensor, Tensor> model, ModelKind kind, double learningRate)
    : ILearner
{
    private readonly Tensor[] weights = [.. model.parameters()];

    /// <summary>The loop that does what <c>zero_grad</c>, <c>backward</c> and <c>step</c> do.</summary>
    internal static OptimizerKind Kind { get; } =
        new(
            "sgd by hand",
            LearningRate: 0.01,
            Momentum: 0,
            HasMomentum: false,
            Method: null,
            (model, kind, options) => new HandWrittenSgd(model, kind, options.LearningRate)
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
        foreach (var weight in weights)
            weight.grad?.zero_();
        loss.backward();
        using var unrecorded = no_grad();
        foreach (var weight in weights)
            weight.add_(weight.grad!, -learningRate);
        return new(loss.ToDouble(), output.detach());
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> State() => new Dictionary<string, Tensor>();

    /// <inheritdoc/>
    public void Restore(IReadOnlyDictionary<string, Tensor> state) { }

    /// <summary>Nothing is held.</summary>
    public void Dispose() { }
}
