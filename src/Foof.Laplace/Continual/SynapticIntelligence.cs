using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// Synaptic intelligence, the baseline without a Fisher: a weight's importance is how much its path lowered
/// the loss, max(sum -g dtheta, 0) / (dtheta^2 + xi) (Zenke et al. 2017).
/// </summary>
/// <remarks>
/// In every step: <c>loss.backward(); tasks.BeforeStep(); tasks.AddGradient(); optimizer.step();
/// tasks.AfterStep();</c> The gradient is that of the task's loss alone, which <see cref="BeforeStep"/> reads
/// from <c>.grad</c> before the penalty's is added. The penalty is strength sum Omega (theta - theta*)^2, as
/// in the paper.
/// </remarks>
/// <example>
/// <code>
/// using var tasks = new SynapticIntelligence(model, strength: 0.1);
/// loss.backward();
/// tasks.BeforeStep();
/// tasks.AddGradient();
/// optimizer.step();
/// tasks.AfterStep();
/// tasks.Consolidate();    // when the task is learnt
/// </code>
/// </example>
public sealed class SynapticIntelligence : Consolidator
{
    private const string StepsKey = "steps";

    private readonly double xi;
    private readonly Tensor[] path;
    private readonly Tensor[] start;
    private readonly Tensor steps;
    private (Tensor[] Gradient, Tensor[] Weights)? step;

    /// <summary>
    /// Makes a consolidator without tasks; the first task's path begins at the current weights.
    /// </summary>
    /// <param name="model">The network; it stays the caller's.</param>
    /// <param name="strength">The penalty's factor, c in the paper, at least 0.</param>
    /// <param name="xi">
    /// Bounds the importance of weights that hardly moved, in squared units of the weights: greater than zero.
    /// </param>
    /// <param name="select">
    /// Selects the layers that are held back, by name and weight; null means every layer that can be covered.
    /// </param>
    /// <exception cref="ArgumentException">A number is out of its range, or no layer is covered.</exception>
    public SynapticIntelligence(
        nn.Module<Tensor, Tensor> model,
        double strength = 0.01,
        double xi = 0.1,
        Func<string, Parameter, bool>? select = null
    )
        : base(model, new ContinualOptions().Rule, strength, long.MaxValue, select)
    {
        Require.positive(nameof(xi), xi);
        this.xi = xi;
        using var unrecorded = no_grad();
        steps = zeros(1, ScalarType.Int64).DetachFromDisposeScope();
        start = Kept(WeightPenalty.copied(Layers));
        path = [.. start.Select(weights => weights.zeros_like().DetachFromDisposeScope())];
    }

    private protected override string Kind => "synaptic intelligence";

    /// <summary>
    /// Reads the gradients and weights before a step; call it after <c>backward</c>, before anything changes
    /// them. They are copied; a second call before <see cref="AfterStep"/> replaces the first.
    /// </summary>
    /// <exception cref="InvalidOperationException">No layer has a gradient.</exception>
    public void BeforeStep()
    {
        RequireAlive();
        if (!Layers.Any(HasGradient))
            throw new InvalidOperationException(
                "BeforeStep found no gradient: call backward() on the task's loss before it."
            );
        Forget();
        using var unrecorded = no_grad();
        step = (Kept(WeightPenalty.gradients(Layers)), Kept(WeightPenalty.copied(Layers)));
    }

    /// <summary>
    /// Adds the step to the weights' path, -g (theta' - theta) for each weight; call it after the optimiser's step.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// <see cref="BeforeStep"/> was not called before it.
    /// </exception>
    public void AfterStep()
    {
        RequireAlive();
        if (step is not var (gradient, before))
            throw new InvalidOperationException(
                "BeforeStep must be called between backward and the optimiser's step; it was not."
            );
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        SynapticIntelligenceModule.accumulate(path, gradient, before, WeightPenalty.weights(Layers));
        steps.add_(1);
        Forget();
    }

    /// <summary>
    /// Adds a task that has been learnt, and begins the next task's path. Importances of all tasks are added up,
    /// around the newest weights.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// There was no step between <see cref="BeforeStep"/> and <see cref="AfterStep"/> since the last task;
    /// nothing changed.
    /// </exception>
    /// <exception cref="ArgumentException">A batch norm or dropout is in training mode; nothing changed.</exception>
    /// <exception cref="NumericalFailure">Weights or importances are not finite; nothing changed.</exception>
    public void Consolidate()
    {
        RequireSound();
        if (steps.item<long>() == 0)
            throw new InvalidOperationException(
                "A task's importance comes from its steps, but no step was taken: call BeforeStep before and AfterStep "
                    + "after each of the optimiser's steps."
            );
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var now = WeightPenalty.weights(Layers);
        var importance = SynapticIntelligenceModule.importance(xi, path, start, now);
        foreach (var (layer, omega) in Layers.Zip(importance))
            Numbers.requireFinite(
                LayerModule.describe(layer),
                "importances are not finite",
                "check the loss for NaN; nothing was consolidated",
                omega
            );
        Remember(SynapticIntelligenceModule.curvature(importance));
        foreach (var (begin, sum, weights) in Zipped(now))
        {
            begin.copy_(weights);
            sum.zero_();
        }
        steps.zero_();
        Forget();
    }

    private static bool HasGradient(Layer layer)
    {
        using var gradient = layer.Weight.grad;
        return gradient is not null;
    }

    private protected override IEnumerable<KeyValuePair<string, Tensor>> OwnState()
    {
        for (var l = 0; l < path.Length; l++)
        {
            yield return new($"path.{l}", path[l]);
            yield return new($"start.{l}", start[l]);
        }
        yield return new(StepsKey, steps);
    }

    private protected override void RestoreOwnState(IReadOnlyDictionary<string, Tensor> state, string file)
    {
        var found = OwnState()
            .Select(own =>
                state.TryGetValue(own.Key, out var kept)
                && kept.shape.SequenceEqual(own.Value.shape)
                && kept.dtype == own.Value.dtype
                    ? (own.Value, kept)
                    : throw new InvalidDataException(
                        $"{file} must hold '{own.Key}' in the shape and type of its layer; it does not."
                    )
            )
            .ToArray();
        foreach (var (own, kept) in found)
            own.copy_(kept);
        Forget();
    }

    private IEnumerable<(Tensor, Tensor, Tensor)> Zipped(Tensor[] now)
    {
        for (var l = 0; l < path.Length; l++)
            yield return (start[l], path[l], now[l]);
    }

    private static Tensor[] Kept(Tensor[] tensors)
    {
        foreach (var tensor in tensors)
            tensor.DetachFromDisposeScope();
        return tensors;
    }

    private void Forget()
    {
        if (step is not var (gradient, before))
            return;
        foreach (var tensor in gradient.Concat(before))
            tensor.Dispose();
        step = null;
    }

    private protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Forget();
        foreach (var tensor in path.Concat(start).Append(steps))
            tensor.Dispose();
    }
}
