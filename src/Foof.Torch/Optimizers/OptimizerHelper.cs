using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace TorchSharp.Modules;

/// <summary>
/// The base of optimisers, the built-in ones and a user's own: groups, settings, state, and the frame around
/// a step. A derived class fills <see cref="_defaults"/> and overrides <c>step</c>.
/// </summary>
public abstract partial class OptimizerHelper : Optimizer
{
    /// <summary>The settings that a group takes where it has none of its own.</summary>
    protected OptimizerOptions _defaults = null!;

    /// <summary>What is kept for each parameter, by the parameter's handle.</summary>
    protected OrderedDict<IntPtr, OptimizerState> _state = new();

    /// <summary>An optimiser without groups.</summary>
    public OptimizerHelper()
        : base(IntPtr.Zero) { }

    /// <summary>
    /// The frame of a step: runs <paramref name="loss_closure"/> with recording on, then
    /// <paramref name="body"/> for each group with recording off, in a dispose scope of its own.
    /// </summary>
    /// <typeparam name="T">The type of the optimiser's groups.</typeparam>
    /// <returns>The closure's loss, or null without a closure.</returns>
    /// <exception cref="InvalidOperationException">A group is of another type.</exception>
    protected Tensor? _step<T>(Action<T> body, Func<Tensor>? loss_closure = null)
        where T : ParamGroup
    {
        var loss = Evaluate(loss_closure);
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        foreach (var group in _parameter_groups)
            body(group as T ?? throw WrongGroup<T>(group));
        return loss;
    }

    private static Tensor? Evaluate(Func<Tensor>? closure)
    {
        if (closure is null)
            return null;
        using var recorded = enable_grad();
        return closure();
    }

    private InvalidOperationException WrongGroup<T>(ParamGroup group) =>
        new($"{GetType().Name} steps groups of type {typeof(T)}; got a {group.GetType()}.");

    /// <summary>
    /// Adds a group of an optimiser whose state is made by <paramref name="newState"/>: missing settings come
    /// from the defaults.
    /// </summary>
    private protected void Add<TGroup, TOptions>(ParamGroup group, Func<Parameter, OptimizerState> newState)
        where TGroup : ParamGroup
        where TOptions : OptimizerOptions, new()
    {
        if (group is not TGroup)
            throw new ArgumentException(
                $"A group of {GetType().Name} must be a {typeof(TGroup)}; got a {group.GetType()}.",
                nameof(group)
            );
        Register(group);
        var options = group.Options ??= new TOptions();
        options.FillFrom(_defaults);
        foreach (var parameter in group.Parameters)
        {
            var state = newState(parameter);
            state.Initialize(options);
            _state[parameter.Handle] = state;
        }
    }

    private void Register(ParamGroup group)
    {
        var seen = _parameter_groups.SelectMany(g => g.Parameters).Select(p => p.Handle).ToHashSet();
        foreach (var parameter in group.Parameters)
            if (!seen.Add(parameter.Handle))
                throw new ArgumentException(
                    $"A parameter must be given to an optimiser once, or it would be stepped twice; the one "
                        + $"of shape [{string.Join(", ", parameter.shape)}] came again: remove one.",
                    nameof(group)
                );
        _parameter_groups.Add(group);
    }

    /// <summary>Moves the state to where its parameters are, or will be.</summary>
    public void to(Device device)
    {
        foreach (var state in _state.Values)
            state.to(device);
    }

    /// <summary>Frees the state of every parameter that is disposable.</summary>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing)
            return;
        foreach (var state in _state.Values)
            (state as IDisposable)?.Dispose();
        _state.Clear();
    }
}
