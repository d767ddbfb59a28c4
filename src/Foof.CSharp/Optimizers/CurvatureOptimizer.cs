using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// A TorchSharp optimiser that preconditions gradients by the curvature of a model's layers, and goes by
/// gradient descent with momentum for all other parameters.
/// </summary>
/// <remarks>
/// <see cref="Step"/> runs the model, differentiates the loss and updates; <see cref="step"/> is the last
/// line of the ordinary loop of <c>zero_grad</c>, <c>call</c>, <c>backward</c>, <c>step</c>. TorchSharp's
/// learning-rate schedulers work on it. Not for use from two threads at once. Dispose of it to take its hooks
/// from the model.
/// </remarks>
/// <example>
/// <code>
/// using var optimizer = new FoofOptimizer(model);
/// var scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size: 10, gamma: 0.5);
/// optimizer.WarmUp(batches.Select(batch => batch.Images));
/// foreach (var (images, labels) in batches)
/// {
///     using var step = optimizer.Step(images, labels);
/// }
/// scheduler.step();
/// </code>
/// </example>
public abstract partial class CurvatureOptimizer : OptimizerHelper, optim.IMomentum
{
    private readonly nn.Module<Tensor, Tensor> model;
    private readonly Optimizer core;
    private readonly UpdateSettings defaults;
    private bool isDisposed;

    private protected CurvatureOptimizer(
        nn.Module<Tensor, Tensor> model,
        Recipe recipe,
        Loss loss,
        UpdateSettings settings,
        IEnumerable<ParameterSettings>? groups
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        this.model = model;
        defaults = settings.Checked();
        Loss = Argument.Known(loss);
        var own = Groups(groups ?? []);
        _parameter_groups = [.. own];
        core = new(model, recipe, Likelihoods.Of(loss), own, (_, _) => true);
        Coverage = [.. core.Coverage.Select(ParameterCoverage.Of)];
        if (!Coverage.Any(line => line.Treatment == ParameterTreatment.Preconditioned))
        {
            core.Dispose();
            throw Uncovered.Of(GetType().Name, model, Coverage);
        }
        core.Fallback += (_, fallback) => Report(fallback.Layer, fallback.Description);
    }

    /// <summary>What the model's output is measured by.</summary>
    public Loss Loss { get; }

    /// <summary>What becomes of each parameter of the model, in the model's order.</summary>
    public IReadOnlyList<ParameterCoverage> Coverage { get; }

    /// <summary>How many batches were seen, those of the warm-up included.</summary>
    public int Position => core.Position;

    /// <summary>How many inversions did not succeed at their first attempt.</summary>
    public int Fallbacks => core.Fallbacks;

    /// <summary>Raised for each of them, on the thread of the step, after it is logged.</summary>
    public event EventHandler<CurvatureFallbackEventArgs>? Fallback;

    /// <summary>Where fallbacks are logged, as warnings; nowhere at first.</summary>
    /// <exception cref="ArgumentNullException">It is null: NullLogger.Instance logs nowhere.</exception>
    public ILogger Logger
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value, nameof(Logger));
            field = value;
        }
    } = NullLogger.Instance;

    /// <summary>
    /// Statistics from forward passes over inputs, at most as many as the warm-up has batches, then one
    /// inversion. Without it the first steps are the warm-up.
    /// </summary>
    /// <remarks>
    /// Methods that are made of labels or gradients (<see cref="ShampooOptimizer"/>, <see
    /// cref="EvaOptimizer"/>) begin with their first step instead: it does nothing for them. (Benzing 2022,
    /// App. E)
    /// </remarks>
    /// <param name="batches">Inputs [n; ...], data points first; they stay the caller's.</param>
    /// <exception cref="ArgumentException">
    /// There is no batch, one is null, or one does not fit the model.
    /// </exception>
    /// <exception cref="InvalidOperationException">Batches were seen already.</exception>
    /// <exception cref="NumericalFailure">An input is not finite, or an inversion fails.</exception>
    public void WarmUp(IEnumerable<Tensor> batches)
    {
        RequireUsable();
        ArgumentNullException.ThrowIfNull(batches);
        if (core.Position > 0)
            throw new InvalidOperationException(
                $"WarmUp must come before the first step; {core.Position} batches were seen."
            );
        Tensor? last = null;
        string? told = null;
        try
        {
            core.WarmUp(Seen());
        }
        // A filter is asked while the batch is still there: whoever made it may free it with the enumeration.
        catch (Exception error) when ((told = Mismatch.OfPass(model, last, error)) is not null)
        {
            throw new ArgumentException(told, nameof(batches), error);
        }

        IEnumerable<Tensor> Seen()
        {
            foreach (var (place, batch) in batches.Index())
            {
                last = null;
                yield return last = Argument.Batch(batch, place + 1);
            }
        }
    }

    /// <summary>Raises unless the model takes the input, and the loss its output and the target.</summary>
    internal void RequireFit(Tensor input, Tensor target)
    {
        var likelihood = Likelihoods.Of(Loss);
        Mismatch.Told(
            model,
            input,
            target,
            () =>
            {
                EvaluationPass.Check(model, input, target, likelihood);
                return true;
            }
        );
    }

    /// <summary>
    /// One step: runs the model on <paramref name="input"/>, differentiates the loss, updates every
    /// parameter. No parameter's <c>grad</c> is touched.
    /// </summary>
    /// <param name="input">[n; ...], data points first.</param>
    /// <param name="target">As <see cref="Foof.Loss"/> says.</param>
    /// <returns>Loss and output before the update; the caller owns them.</returns>
    /// <exception cref="ArgumentException">
    /// Shapes, types or devices do not fit, or no label counts.
    /// </exception>
    /// <exception cref="NumericalFailure">
    /// Loss or gradient is not finite, or no inversion succeeds; the weights are as before.
    /// </exception>
    public TrainingStep Step(Tensor input, Tensor target)
    {
        RequireUsable();
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(target);
        var result = Mismatch.Told(model, input, target, () => core.Step(input, target));
        return new(result.Loss, result.Output);
    }

    /// <summary>
    /// The last line of the ordinary loop: uses the gradients that <c>backward</c> left and the inputs that
    /// the model's layers saw in <c>call</c> since the last step.
    /// </summary>
    /// <param name="closure">Computes the loss and its gradients anew; run first, if given.</param>
    /// <returns>The closure's loss, or null without a closure.</returns>
    /// <exception cref="InvalidOperationException">
    /// No parameter has a gradient, or a layer has one and no curvature yet.
    /// </exception>
    /// <exception cref="NumericalFailure">A gradient is not finite; the weights are as before.</exception>
    public override Tensor? step(Func<Tensor>? closure = null)
    {
        RequireUsable();
        if (closure is null)
            RequireGradient();
        if (core.Position == 0 && RecipeModule.needsErrors(core.Recipe) && !core.HasCurvature)
            throw new InvalidOperationException(
                $"{GetType().Name} takes statistics from errors, which the ordinary loop does not show: "
                    + (
                        RecipeModule.canWarmUp(core.Recipe)
                            ? "call Step(input, target), or Observe(input, target) or WarmUp(batches) first."
                            : "call Step(input, target), or Observe(input, target) first."
                    )
            );
        if (closure is null)
            return core.step(null);
        var loss = Run(closure);
        RequireGradient();
        _ = core.step(null);
        return loss;
    }

    /// <summary>Sets the gradients of all parameters to zero: the first line of the ordinary loop.</summary>
    /// <exception cref="InvalidOperationException">The model has other parameters than before.</exception>
    public override void zero_grad()
    {
        RequireUsable();
        foreach (var parameter in parameters())
        {
            using var gradient = parameter.grad;
            // TorchSharp's zero_ gives another handle to the same numbers.
            using var zeros = gradient?.zero_();
        }
    }

    private static Tensor Run(Func<Tensor> closure)
    {
        using var recorded = enable_grad();
        return closure();
    }

    private void RequireUsable()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        OwnParameters.Require(GetType().Name, parameters());
    }

    private void RequireGradient()
    {
        if (!parameters().Any(HasGradient))
            throw new InvalidOperationException(
                "step() found no gradient: call backward() on the loss before it, or use Step(input, target)."
            );
    }

    /// <summary>The model in training mode until the result is disposed of.</summary>
    internal TrainingMode Training() => new(model);

    /// <summary>Whether a backward pass has left one.</summary>
    internal static bool HasGradient(Parameter parameter)
    {
        using var gradient = parameter.grad;
        return gradient is not null;
    }

    private void Report(string layer, string description)
    {
        LogFallback(Logger, layer, description);
        Fallback?.Invoke(this, new(layer, description));
    }

    [LoggerMessage(1, LogLevel.Warning, "Curvature of '{Layer}': {Description}")]
    private static partial void LogFallback(ILogger logger, string layer, string description);

    /// <summary>Frees statistics and momentum, and takes the hooks from the model; the model stays.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !isDisposed)
            core.Dispose();
        isDisposed = true;
        base.Dispose(disposing);
    }
}
