using System.ComponentModel;
using Microsoft.Extensions.Logging;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// A TorchSharp optimiser that preconditions gradients by the curvature of a model's layers, and updates all
/// other parameters by gradient descent with momentum.
/// </summary>
/// <remarks>
/// <see cref="Step"/> runs the model, differentiates the loss and updates; <see cref="step"/> is the last
/// line of the ordinary loop of <c>zero_grad</c>, <c>call</c>, <c>backward</c>, <c>step</c>. TorchSharp's
/// learning-rate schedulers work with it. Not thread-safe. Disposing of it removes its hooks from the model.
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
public abstract partial class CurvatureOptimizer : Optimizer
{
    private readonly ILogger logger;

    private protected CurvatureOptimizer(
        nn.Module<Tensor, Tensor> model,
        Recipe method,
        Loss loss,
        double? learningRate,
        UpdateOptions? options
    )
        : this(Argument.NotNull(model), method, loss, learningRate, options ?? new(), isChecked: true) { }

    private CurvatureOptimizer(
        nn.Module<Tensor, Tensor> model,
        Recipe method,
        Loss loss,
        double? learningRate,
        UpdateOptions options,
        bool isChecked
    )
        : base(
            model,
            options.In(method),
            Likelihoods.Of(loss),
            learningRate,
            Argument.Fraction(options.Momentum, nameof(options.Momentum)),
            Argument.NotNegative(options.WeightDecay, nameof(options.WeightDecay)),
            options.Groups,
            options.Generator,
            options.Select
        )
    {
        (Loss, logger) = (loss, options.Logger);
        if (!Coverage.Any(line => line.Treatment.IsPreconditioned))
        {
            Dispose();
            throw Uncovered.Of(GetType().Name, model, Coverage);
        }
        Fallback += (_, fallback) => LogFallback(logger, fallback.Layer, fallback.Description);
    }

    /// <summary>The loss of the model's output.</summary>
    public Loss Loss { get; }

    /// <summary>
    /// Takes statistics from forward passes over inputs, for at most as many batches as the warm-up has, and
    /// then inverts once. Without this call, the first steps are the warm-up.
    /// </summary>
    /// <remarks>
    /// It does nothing for methods whose statistics need labels or gradients (<see cref="ShampooOptimizer"/>,
    /// <see cref="EvaOptimizer"/>): they begin with their first step. (Benzing 2022, App. E)
    /// </remarks>
    /// <param name="inputs">Inputs [n; ...], data points first; they stay the caller's.</param>
    /// <exception cref="ArgumentException">
    /// There is no batch, one is null or has no data point, or one does not fit the model.
    /// </exception>
    /// <exception cref="InvalidOperationException">The optimiser has already seen batches.</exception>
    /// <exception cref="NumericalFailure">An input is not finite, or an inversion fails.</exception>
    public override void WarmUp(IEnumerable<Tensor> inputs)
    {
        RequireUsable();
        ArgumentNullException.ThrowIfNull(inputs);
        if (BatchesSeen > 0)
            throw new InvalidOperationException(
                $"WarmUp must come before the first step; {BatchesSeen} batches were seen."
            );
        Tensor? last = null;
        string? sentence = null;
        try
        {
            base.WarmUp(Seen());
        }
        // An exception filter runs while the batch still exists; the enumeration may free it afterwards.
        catch (Exception error) when ((sentence = Mismatch.OfPass(Model, last, error)) is not null)
        {
            throw new ArgumentException(sentence, nameof(inputs), error);
        }

        IEnumerable<Tensor> Seen()
        {
            foreach (var (place, batch) in inputs.Index())
            {
                last = null;
                yield return last = Argument.Points(Argument.Batch(batch, place + 1), place + 1);
            }
        }
    }

    /// <summary>
    /// Takes the statistics of one batch and inverts, whatever the schedule says. In the ordinary loop, this
    /// call gives methods whose statistics need errors (K-FAC, EKFAC, Eva, natural gradients) the curvature
    /// that they otherwise get from <see cref="Step"/>.
    /// </summary>
    /// <remarks>
    /// Call it before the step's own <c>call</c>, with the same batch or another one, as often as the
    /// curvature should be renewed: it costs a pass over the batch and an inversion. Weights, <c>grad</c> and
    /// <see cref="Optimizer.BatchesSeen"/> do not change.
    /// </remarks>
    /// <example>
    /// <code>
    /// if (i % 100 == 0)
    ///     optimizer.UpdateCurvature(images, labels);
    /// optimizer.zero_grad();
    /// torch.nn.functional.cross_entropy(model.call(images), labels).backward();
    /// optimizer.step();
    /// </code>
    /// </example>
    /// <param name="input">[n; ...], data points first.</param>
    /// <param name="target">
    /// Targets in the form that <see cref="Foof.Loss"/> describes. Methods that sample labels use them only
    /// to see which labels are ignored, and accept null.
    /// </param>
    /// <exception cref="ArgumentException">
    /// Shapes, types or devices do not fit, or labels are missing.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The method takes its statistics from gradients (Shampoo).
    /// </exception>
    /// <exception cref="NumericalFailure">
    /// An error is not finite, or an inversion fails; nothing changed.
    /// </exception>
    public override void UpdateCurvature(Tensor input, Tensor? target = null)
    {
        RequireUsable();
        ArgumentNullException.ThrowIfNull(input);
        Mismatch.Explained(Model, input, target, () => base.UpdateCurvature(input, target!));
    }

    /// <summary>
    /// Takes one step: runs the model on <paramref name="input"/>, differentiates the loss and updates every
    /// parameter. No parameter's <c>grad</c> changes.
    /// </summary>
    /// <param name="input">[n; ...], data points first.</param>
    /// <param name="target">Targets in the form that <see cref="Foof.Loss"/> describes.</param>
    /// <returns>The loss and the output before the update; the caller owns them.</returns>
    /// <exception cref="ArgumentException">
    /// Shapes, types or devices do not fit, or no label counts.
    /// </exception>
    /// <exception cref="NumericalFailure">
    /// The loss or a gradient is not finite, or no inversion succeeds; the weights are unchanged.
    /// </exception>
    public override StepResult Step(Tensor input, Tensor target)
    {
        RequireUsable();
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(target);
        return Mismatch.Explained(Model, input, target, () => base.Step(input, target));
    }

    /// <summary>
    /// Updates the parameters, as the last line of the ordinary loop: uses the gradients that <c>backward</c>
    /// left and the inputs that the model's layers saw in the passes behind these gradients: micro-batches whose
    /// gradients gather are one batch, passes for other purposes do not count.
    /// </summary>
    /// <remarks>
    /// Of each layer, the last eight passes are remembered; inputs count as they were in the pass.
    /// </remarks>
    /// <param name="closure">Computes the loss and its gradients; if it is given, it runs first.</param>
    /// <returns>The closure's loss, or null without a closure.</returns>
    /// <exception cref="InvalidOperationException">
    /// No parameter has a gradient, or a layer has a gradient but no curvature yet.
    /// </exception>
    /// <exception cref="NumericalFailure">A gradient is not finite; the weights are unchanged.</exception>
    public override Tensor? step(Func<Tensor>? closure = null)
    {
        RequireUsable();
        if (closure is null)
            RequireGradient();
        if (BatchesSeen == 0 && RecipeModule.needsErrors(Recipe) && !HasCurvature)
            throw new InvalidOperationException(
                $"{GetType().Name} takes statistics from errors, which the ordinary loop does not show: call "
                    + "Step(input, target), or UpdateCurvature(input, target)"
                    + (RecipeModule.canWarmUp(Recipe) ? " or WarmUp(batches) first." : " first.")
            );
        if (closure is null)
            return base.step(null);
        var loss = Run(closure);
        RequireGradient();
        _ = base.step(null);
        return loss;
    }

    /// <summary>
    /// Sets the gradients of all parameters to zero, as the first line of the ordinary loop. Passes whose backward
    /// pass has run do not count for the next step.
    /// </summary>
    /// <exception cref="InvalidOperationException">The model's parameters were replaced or freed.</exception>
    public override void zero_grad()
    {
        RequireUsable();
        base.zero_grad();
    }

    /// <inheritdoc/>
    public override void add_param_group(ParamGroup group)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        ArgumentNullException.ThrowIfNull(group);
        base.add_param_group(group);
    }

    private static Tensor Run(Func<Tensor> closure)
    {
        using var recorded = enable_grad();
        return closure();
    }

    private void RequireUsable()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        SoundModel.RequireParameters(GetType().Name, parameters());
    }

    private void RequireGradient()
    {
        if (!parameters().Any(HasGradient))
            throw new InvalidOperationException(
                "step() found no gradient: call backward() on the loss before it, or use Step(input, target)."
            );
    }

    /// <inheritdoc/>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public override void Dispose(bool disposing)
    {
        // The finaliser has nothing to release, and may run for an object whose constructor refused its
        // arguments.
        if (disposing)
            base.Dispose(disposing);
    }

    /// <summary>Whether a backward pass has left a gradient.</summary>
    internal static bool HasGradient(Parameter parameter)
    {
        using var gradient = parameter.grad;
        return gradient is not null;
    }

    [LoggerMessage(1, LogLevel.Warning, "Curvature of '{Layer}': {Description}")]
    private static partial void LogFallback(ILogger logger, string layer, string description);
}
