using Foof.Cli.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>FOOF.</summary>
internal sealed class FoofLearner : ILearner
{
    private readonly Optimizer optimizer;

    private FoofLearner(nn.Module<Tensor, Tensor> model, ModelKind kind, TrainingOptions options)
    {
        var defaults = Methods.foof;
        var recipe = new Recipe(
            defaults.Name,
            options.Damping,
            defaults.Decay,
            new Cadence(options.InvertEvery, options.StatisticsSteps, defaults.Cadence.WarmUp),
            defaults.Attempts,
            defaults.OnFailure
        );
        optimizer = new(
            model,
            recipe,
            kind.Likelihood,
            options.LearningRate,
            options.Momentum,
            options.WeightDecay
        );
        WarmUpBatches = defaults.Cadence.WarmUp;
    }

    /// <summary>Makes one for a model.</summary>
    internal static ILearner Make(nn.Module<Tensor, Tensor> model, ModelKind kind, TrainingOptions options) =>
        new FoofLearner(model, kind, options);

    /// <inheritdoc/>
    public int WarmUpBatches { get; }

    /// <inheritdoc/>
    public void WarmUp(IEnumerable<Tensor> inputs) => optimizer.WarmUp(inputs);

    /// <inheritdoc/>
    public StepOutcome Step(Tensor input, Tensor target)
    {
        var result = optimizer.Step(input, target);
        return new(result.Loss.ToDouble(), result.Output);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> State() => optimizer.State();

    /// <inheritdoc/>
    public void Restore(IReadOnlyDictionary<string, Tensor> state) => optimizer.Restore(state);

    /// <summary>Frees the statistics and the momentum.</summary>
    public void Dispose() => optimizer.Dispose();
}
