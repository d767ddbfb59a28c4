using Foof.Cli.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>What a step computed on its way.</summary>
/// <param name="Loss">The loss before the update, a mean over data points.</param>
/// <param name="Output">The model's output before the update; it is freed with the caller's scope.</param>
internal readonly record struct StepOutcome(double Loss, Tensor Output);

/// <summary>An optimiser at work on a model.</summary>
internal interface ILearner : IDisposable
{
    /// <summary>How many batches it wants to see before the first step.</summary>
    int WarmUpBatches => 0;

    /// <summary>Shows it those batches.</summary>
    void WarmUp(IEnumerable<Tensor> inputs) { }

    /// <summary>One step on one batch.</summary>
    /// <exception cref="NumericalFailure">The loss is not finite; the weights are as they were.</exception>
    StepOutcome Step(Tensor input, Tensor target);

    /// <summary>
    /// All that it remembers between steps, by name; the tensors are freed with the caller's scope or its
    /// own.
    /// </summary>
    IReadOnlyDictionary<string, Tensor> State();

    /// <summary>Goes back to a state; the tensors stay the caller's.</summary>
    /// <exception cref="CommandFailure">The state is another model's or optimiser's.</exception>
    void Restore(IReadOnlyDictionary<string, Tensor> state);
}

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

    public int WarmUpBatches { get; }

    public void WarmUp(IEnumerable<Tensor> inputs) => optimizer.WarmUp(inputs);

    public StepOutcome Step(Tensor input, Tensor target)
    {
        var result = optimizer.Step(input, target);
        return new(result.Loss.ToDouble(), result.Output);
    }

    public IReadOnlyDictionary<string, Tensor> State() => optimizer.State();

    public void Restore(IReadOnlyDictionary<string, Tensor> state) => optimizer.Restore(state);

    /// <summary>Frees the statistics and the momentum.</summary>
    public void Dispose() => optimizer.Dispose();
}
