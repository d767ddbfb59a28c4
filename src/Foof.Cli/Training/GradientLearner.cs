using Foof.Cli.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Cli.Training;

/// <summary>A step with one of TorchSharp's optimisers.</summary>
/// <typeparam name="TState">The optimiser's state for a parameter.</typeparam>
internal abstract class GradientLearner<TState>(
    nn.Module<Tensor, Tensor> model,
    ModelKind kind,
    OptimizerHelper optimizer
) : ILearner
    where TState : OptimizerState
{
    private readonly Likelihood likelihood = kind.Likelihood;

    public StepOutcome Step(Tensor input, Tensor target)
    {
        optimizer.zero_grad();
        Tensor output;
        Tensor loss;
        using (Phase.Source.StartActivity("forward"))
        {
            output = model.call(input);
            loss = LikelihoodModule.loss(likelihood, output, target);
        }
        var value = loss.item<float>();
        if (!float.IsFinite(value))
            throw new NumericalFailure($"the loss is {value}", "this step", "lower --learning-rate");
        using (Phase.Source.StartActivity("backward"))
            loss.backward();
        using (Phase.Source.StartActivity("update"))
            optimizer.step();
        return new(value, output.detach());
    }

    public IReadOnlyDictionary<string, Tensor> State()
    {
        var tensors = new Dictionary<string, Tensor>();
        foreach (var (name, state) in States())
            Save(state, (part, tensor) => tensors[$"{name}.{part}"] = tensor);
        return tensors;
    }

    public void Restore(IReadOnlyDictionary<string, Tensor> state)
    {
        foreach (var (name, target) in States())
            Load(target, part => state.GetValueOrDefault($"{name}.{part}"));
    }

    /// <summary>Passes on each tensor of a state with its name.</summary>
    protected abstract void Save(TState state, Action<string, Tensor> keep);

    /// <summary>Copies the tensors of a saved state; a tensor that was not saved is null.</summary>
    protected abstract void Load(TState state, Func<string, Tensor?> kept);

    /// <summary>A copy that belongs to no dispose scope.</summary>
    protected static Tensor Copy(Tensor tensor)
    {
        using var unrecorded = no_grad();
        return tensor.clone().DetachFromDisposeScope();
    }

    // There is one group with all parameters in the model's order, so the states have that order too.
    private IEnumerable<(string Name, TState State)> States() =>
        model.named_parameters().Zip(optimizer.state_dict().State, (named, state) => (named.name, (TState)state));

    /// <summary>Frees what the optimiser keeps.</summary>
    public void Dispose()
    {
        optimizer.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>Stochastic gradient descent with momentum.</summary>
internal sealed class SgdLearner : GradientLearner<SGD.State>
{
    private SgdLearner(nn.Module<Tensor, Tensor> model, ModelKind kind, TrainingSettings settings, bool isNesterov)
        : base(
            model,
            kind,
            optim.SGD(
                model.parameters(),
                settings.LearningRate,
                momentum: settings.Momentum,
                weight_decay: settings.WeightDecay,
                // Without momentum, both are one.
                nesterov: isNesterov && settings.Momentum > 0
            )
        ) { }

    /// <summary>Makes one for a model.</summary>
    internal static ILearner Make(nn.Module<Tensor, Tensor> model, ModelKind kind, TrainingSettings settings) =>
        new SgdLearner(model, kind, settings, isNesterov: false);

    /// <summary>Makes one with Nesterov's momentum for a model.</summary>
    internal static ILearner MakeNesterov(nn.Module<Tensor, Tensor> model, ModelKind kind, TrainingSettings settings) =>
        new SgdLearner(model, kind, settings, isNesterov: true);

    protected override void Save(SGD.State state, Action<string, Tensor> keep)
    {
        if (state.momentum_buffer is { } velocity)
            keep("velocity", velocity);
    }

    protected override void Load(SGD.State state, Func<string, Tensor?> kept)
    {
        if (kept("velocity") is { } velocity)
            state.momentum_buffer = Copy(velocity);
    }
}

/// <summary>A step by the first and second moments of gradients.</summary>
/// <typeparam name="TState">The optimiser's state for a parameter.</typeparam>
internal abstract class MomentLearner<TState>(
    nn.Module<Tensor, Tensor> model,
    ModelKind kind,
    OptimizerHelper optimizer,
    string name
) : GradientLearner<TState>(model, kind, optimizer)
    where TState : OptimizerState
{
    /// <summary>The steps so far, and both moments.</summary>
    protected abstract (long Step, Tensor First, Tensor Second) Read(TState state);

    /// <summary>Sets them.</summary>
    protected abstract void Write(TState state, long step, Tensor first, Tensor second);

    protected sealed override void Save(TState state, Action<string, Tensor> keep)
    {
        var (step, first, second) = Read(state);
        keep("step", tensor(step));
        keep("first_moment", first);
        keep("second_moment", second);
    }

    protected sealed override void Load(TState state, Func<string, Tensor?> kept)
    {
        Write(state, Found("step").item<long>(), Copy(Found("first_moment")), Copy(Found("second_moment")));

        Tensor Found(string part) =>
            kept(part) ?? throw new CommandFailure($"The checkpoint lacks {name}'s {part} of a parameter.");
    }
}

/// <summary>Adam.</summary>
internal sealed class AdamLearner : MomentLearner<Adam.State>
{
    private AdamLearner(nn.Module<Tensor, Tensor> model, ModelKind kind, TrainingSettings settings)
        : base(
            model,
            kind,
            optim.Adam(model.parameters(), settings.LearningRate, weight_decay: settings.WeightDecay),
            nameof(Adam)
        ) { }

    /// <summary>Makes one for a model.</summary>
    internal static ILearner Make(nn.Module<Tensor, Tensor> model, ModelKind kind, TrainingSettings settings) =>
        new AdamLearner(model, kind, settings);

    protected override (long, Tensor, Tensor) Read(Adam.State state) => (state.step, state.exp_avg, state.exp_avg_sq);

    protected override void Write(Adam.State state, long step, Tensor first, Tensor second) =>
        (state.step, state.exp_avg, state.exp_avg_sq) = (step, first, second);
}

/// <summary>Adam with a weight decay of its own, which its moments do not see.</summary>
internal sealed class AdamWLearner : MomentLearner<AdamW.State>
{
    private AdamWLearner(nn.Module<Tensor, Tensor> model, ModelKind kind, TrainingSettings settings)
        : base(
            model,
            kind,
            optim.AdamW(model.parameters(), settings.LearningRate, weight_decay: settings.WeightDecay),
            nameof(AdamW)
        ) { }

    /// <summary>Makes one for a model.</summary>
    internal static ILearner Make(nn.Module<Tensor, Tensor> model, ModelKind kind, TrainingSettings settings) =>
        new AdamWLearner(model, kind, settings);

    protected override (long, Tensor, Tensor) Read(AdamW.State state) => (state.step, state.exp_avg, state.exp_avg_sq);

    protected override void Write(AdamW.State state, long step, Tensor first, Tensor second) =>
        (state.step, state.exp_avg, state.exp_avg_sq) = (step, first, second);
}
