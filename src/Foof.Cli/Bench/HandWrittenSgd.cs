using Foof.Cli.Models;
using Foof.Cli.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Bench;

/// <summary>Gradient descent without an optimiser, over the same binding: what the row of SGD is held against.</summary>
/// <param name="model">The network.</param>
/// <param name="kind">What its outputs are compared with.</param>
/// <param name="learningRate">The size of a step.</param>
/// <param name="change">Changes the weights by the gradients of the loss that it is given.</param>
internal sealed class HandWrittenSgd(
    nn.Module<Tensor, Tensor> model,
    ModelKind kind,
    double learningRate,
    Action<Tensor, Tensor[], double> change
) : ILearner
{
    private readonly Tensor[] weights = [.. model.parameters()];

    /// <summary>The loop that does what <c>zero_grad</c>, <c>backward</c> and <c>step</c> do.</summary>
    internal static OptimizerKind WithBackward { get; } = Of("sgd by hand", Backward);

    /// <summary>
    /// The loop with <c>autograd.grad</c>, which holds no gradients from step to step: none are set to zero, none added to.
    /// </summary>
    internal static OptimizerKind WithGrad { get; } = Of("sgd by autograd.grad", Grad);

    private static OptimizerKind Of(string name, Action<Tensor, Tensor[], double> change) =>
        new(
            name,
            LearningRate: 0.01,
            Momentum: 0,
            HasMomentum: false,
            Method: null,
            (model, kind, options) => new HandWrittenSgd(model, kind, options.LearningRate, change)
        );

    private static void Backward(Tensor loss, Tensor[] weights, double learningRate)
    {
        foreach (var weight in weights)
            weight.grad?.zero_();
        loss.backward();
        using var unrecorded = no_grad();
        foreach (var weight in weights)
            weight.add_(weight.grad!, -learningRate);
    }

    private static void Grad(Tensor loss, Tensor[] weights, double learningRate)
    {
        var gradients = autograd.grad([loss], weights);
        using var unrecorded = no_grad();
        foreach (var (weight, gradient) in weights.Zip(gradients))
            weight.add_(gradient, -learningRate);
    }

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
        change(loss, weights, learningRate);
        return new(loss.ToDouble(), output.detach());
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> State() => new Dictionary<string, Tensor>();

    /// <inheritdoc/>
    public void Restore(IReadOnlyDictionary<string, Tensor> state) { }

    /// <summary>Nothing is held.</summary>
    public void Dispose() { }
}
