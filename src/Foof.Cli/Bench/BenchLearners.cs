using Foof.Cli.Models;
using Foof.Cli.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Bench;

/// <summary>Gradient descent without an optimiser, for comparison with the row of SGD.</summary>
/// <param name="model">The network.</param>
/// <param name="kind">What its outputs are compared with.</param>
/// <param name="learningRate">The size of a step.</param>
internal sealed class HandWrittenSgd(nn.Module<Tensor, Tensor> model, ModelKind kind, double learningRate) : ILearner
{
    private readonly Tensor[] weights = [.. model.parameters()];

    /// <summary>Its row in <c>bench step</c>.</summary>
    internal static OptimizerKind Kind { get; } =
        OptimizerKind.Find("sgd") with
        {
            Name = "sgd by hand",
            Make = (model, kind, settings) => new HandWrittenSgd(model, kind, settings.LearningRate),
        };

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

    public IReadOnlyDictionary<string, Tensor> State() => new Dictionary<string, Tensor>();

    public void Restore(IReadOnlyDictionary<string, Tensor> state) { }

    /// <summary>Does nothing, since there is nothing to free.</summary>
    public void Dispose() { }
}

/// <summary>
/// FOOF with the optimiser of the C# facade, for comparison with the core's: the difference is the facade's cost.
/// </summary>
internal sealed class FacadeFoof : ILearner
{
    private readonly FoofOptimizer optimizer;

    private FacadeFoof(nn.Module<Tensor, Tensor> model, ModelKind kind, TrainingSettings options) =>
        optimizer = new(
            model,
            Likelihoods.Of(kind.Likelihood),
            options.LearningRate,
            options.Damping,
            new()
            {
                InvertEvery = options.InvertEvery,
                StatisticsSteps = options.StatisticsSteps,
                WarmUpBatches = 1,
            },
            new() { Momentum = options.Momentum, WeightDecay = options.WeightDecay }
        );

    /// <summary>Its row in <c>bench step</c>.</summary>
    internal static OptimizerKind Kind { get; } =
        OptimizerKind.Find("foof") with
        {
            Make = (model, kind, options) => new FacadeFoof(model, kind, options),
        };

    public int WarmUpBatches => 1;

    public void WarmUp(IEnumerable<Tensor> inputs) => optimizer.WarmUp(inputs);

    public StepOutcome Step(Tensor input, Tensor target)
    {
        var step = optimizer.Step(input, target);
        return new(step.ReadLoss(), step.Output);
    }

    public IReadOnlyDictionary<string, Tensor> State() => optimizer.State();

    public void Restore(IReadOnlyDictionary<string, Tensor> state) => optimizer.Restore(state);

    /// <summary>Frees the statistics and the momentum.</summary>
    public void Dispose() => optimizer.Dispose();
}
