using Foof.Cli.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>FOOF and every other method on the page.</summary>
internal sealed class CurvatureLearner : ILearner
{
    private readonly Optimizer optimizer;

    private CurvatureLearner(
        Recipe method,
        nn.Module<Tensor, Tensor> model,
        ModelKind kind,
        TrainingSettings settings
    )
    {
        var recipe = settings.Compose(method);
        optimizer = new(
            model,
            recipe,
            kind.Likelihood,
            settings.LearningRate,
            settings.Momentum,
            settings.WeightDecay
        );
        WarmUpBatches = RecipeModule.canWarmUp(recipe) ? CadenceModule.warmUp(recipe.Cadence) : 0;
    }

    /// <summary>Makes one of a method for a model.</summary>
    internal static Func<nn.Module<Tensor, Tensor>, ModelKind, TrainingSettings, ILearner> Of(
        Recipe method
    ) => (model, kind, settings) => new CurvatureLearner(method, model, kind, settings);

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
