using Foof.Cli.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>The numbers that a step computes besides the update.</summary>
/// <param name="Loss">The loss before the update, a mean over data points.</param>
/// <param name="Output">The model's output before the update, which the caller's scope frees.</param>
internal readonly record struct StepOutcome(double Loss, Tensor Output);

/// <summary>An optimiser at work on a model.</summary>
internal interface ILearner : IDisposable
{
    /// <summary>How many batches it needs before the first step.</summary>
    int WarmUpBatches => 0;

    /// <summary>How the method treats each parameter; empty for an optimiser without curvature.</summary>
    IReadOnlyList<Coverage> Coverage => [];

    /// <summary>The sentence that names the parameters which no layer covers; null if there are none.</summary>
    string? Uncovered => UncoveredParameters.Sentence(Coverage, "take plain gradient steps");

    /// <summary>Takes the statistics of those batches.</summary>
    void WarmUp(IEnumerable<Tensor> inputs) { }

    /// <summary>Does one step on one batch.</summary>
    /// <exception cref="NumericalFailure">The loss is not finite. The weights are unchanged.</exception>
    StepOutcome Step(Tensor input, Tensor target);

    /// <summary>
    /// Everything that it remembers between steps, by name. The tensors are freed with the caller's scope or
    /// with the optimiser.
    /// </summary>
    IReadOnlyDictionary<string, Tensor> State();

    /// <summary>Restores a state, whose tensors still belong to the caller.</summary>
    /// <exception cref="CommandFailure">The state belongs to another model or optimiser.</exception>
    void Restore(IReadOnlyDictionary<string, Tensor> state);
}

/// <summary>FOOF and all other methods of the core.</summary>
internal sealed class CurvatureLearner : ILearner
{
    private readonly Optimizer optimizer;

    private CurvatureLearner(Recipe method, nn.Module<Tensor, Tensor> model, ModelKind kind, TrainingSettings settings)
    {
        var recipe = settings.Compose(method);
        optimizer = new(model, recipe, kind.Likelihood, settings.LearningRate, settings.Momentum, settings.WeightDecay);
        WarmUpBatches = RecipeModule.canWarmUp(recipe) ? CadenceModule.warmUp(recipe.Cadence) : 0;
    }

    /// <summary>A function that makes a learner of a method for a model.</summary>
    internal static Func<nn.Module<Tensor, Tensor>, ModelKind, TrainingSettings, ILearner> Of(Recipe method) =>
        (model, kind, settings) => new CurvatureLearner(method, model, kind, settings);

    public int WarmUpBatches { get; }

    public IReadOnlyList<Coverage> Coverage => optimizer.Coverage;

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
