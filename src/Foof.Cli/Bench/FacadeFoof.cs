using Foof.Cli.Models;
using Foof.Cli.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Bench;

/// <summary>
/// FOOF by the optimiser that C# has, to hold the row of the core's against: what lies between is the facade's cost.
/// </summary>
internal sealed class FacadeFoof : ILearner
{
    private readonly FoofOptimizer optimizer;

    private FacadeFoof(nn.Module<Tensor, Tensor> model, ModelKind kind, TrainingOptions options) =>
        optimizer = new(
            model,
            Likelihoods.Of(kind.Likelihood),
            options.LearningRate,
            options.Damping,
            options.Momentum,
            options.WeightDecay,
            invertEvery: options.InvertEvery,
            statisticsSteps: options.StatisticsSteps,
            warmUpBatches: 1
        );

    /// <summary>The optimiser as <c>bench step</c> lists it.</summary>
    internal static OptimizerKind Kind { get; } =
        OptimizerCatalogue.Find("foof") with
        {
            Make = (model, kind, options) => new FacadeFoof(model, kind, options),
        };

    /// <inheritdoc/>
    public int WarmUpBatches => 1;

    /// <inheritdoc/>
    public void WarmUp(IEnumerable<Tensor> inputs) => optimizer.WarmUp(inputs);

    /// <inheritdoc/>
    public StepOutcome Step(Tensor input, Tensor target)
    {
        var step = optimizer.Step(input, target);
        return new(step.ReadLoss(), step.Output);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> State() => optimizer.State();

    /// <inheritdoc/>
    public void Restore(IReadOnlyDictionary<string, Tensor> state) => optimizer.Restore(state);

    /// <summary>Frees the statistics and the momentum.</summary>
    public void Dispose() => optimizer.Dispose();
}
