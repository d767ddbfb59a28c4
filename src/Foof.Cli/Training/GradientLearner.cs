using Foof.Cli.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>The ordinary loop around one of TorchSharp's optimisers.</summary>
/// <typeparam name="TState">What the optimiser keeps of a parameter.</typeparam>
internal abstract class GradientLearner<TState>(
    nn.Module<Tensor, Tensor> model,
    ModelKind kind,
    OptimizerHelper optimizer
) : ILearner
    where TState : OptimizerState
{
    private readonly Likelihood likelihood = kind.Likelihood;

    /// <inheritdoc/>
    public int WarmUpBatches => 0;

    /// <inheritdoc/>
    public void WarmUp(IEnumerable<Tensor> inputs) { }

    /// <inheritdoc/>
    public StepOutcome Step(Tensor input, Tensor target)
    {
        optimizer.zero_grad();
        var output = model.call(input);
        var loss = LikelihoodModule.loss(likelihood, output, target);
        var value = loss.item<float>();
        if (!float.IsFinite(value))
            throw new NumericalFailure($"the loss is {value}", "this step", "lower --learning-rate");
        loss.backward();
        optimizer.step();
        return new(value, output.detach());
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> State()
    {
        var tensors = new Dictionary<string, Tensor>();
        foreach (var (name, state) in States())
            Save(state, (part, tensor) => tensors[$"{name}.{part}"] = tensor);
        return tensors;
    }

    /// <inheritdoc/>
    public void Restore(IReadOnlyDictionary<string, Tensor> state)
    {
        foreach (var (name, target) in States())
            Load(target, part => state.GetValueOrDefault($"{name}.{part}"));
    }

    /// <summary>Names each tensor that belongs to a state.</summary>
    protected abstract void Save(TState state, Action<string, Tensor> keep);

    /// <summary>Takes copies of the tensors that were kept; null is one that was not.</summary>
    protected abstract void Load(TState state, Func<string, Tensor?> kept);

    /// <summary>A copy that no scope frees.</summary>
    protected static Tensor Copy(Tensor tensor)
    {
        using var unrecorded = no_grad();
        return tensor.clone().DetachFromDisposeScope();
    }

    // One group holds all parameters in the model's order, so the states come in that order.
    private IEnumerable<(string Name, TState State)> States() =>
        model
            .named_parameters()
            .Zip(optimizer.state_dict().State, (named, state) => (named.name, (TState)state));

    /// <summary>Frees what the optimiser keeps.</summary>
    public void Dispose()
    {
        optimizer.Dispose();
        GC.SuppressFinalize(this);
    }
}
