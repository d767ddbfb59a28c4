using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// FOOF before another optimiser, such as Adam or SGD with momentum: between <c>backward</c> and <c>step</c>
/// it replaces each covered layer's gradient by W.grad (Ā + λI)⁻¹.
/// </summary>
/// <remarks>
/// It sees the inputs of the model's layers in <c>call</c> with gradients enabled, as <see cref="FoofOptimizer"/>
/// does in the ordinary loop; followed by SGD without momentum it is the same method. Not thread-safe.
/// (Benzing 2022, eq. 6 and Algorithm 1)
/// </remarks>
/// <example>
/// <code>
/// using var preconditioner = new FoofPreconditioner(model);
/// using var adam = torch.optim.Adam(model.parameters(), 1e-3);
/// adam.zero_grad();
/// torch.nn.functional.cross_entropy(model.call(images), labels).backward();
/// preconditioner.Precondition();
/// adam.step();
/// </code>
/// </example>
public sealed class FoofPreconditioner : IDisposable
{
    private readonly Preconditioner core;
    private readonly Parameter[] parameters;
    private bool isDisposed;

    /// <summary>Makes a preconditioner for a model's gradients.</summary>
    /// <param name="model">The model; it stays the caller's and must outlive the preconditioner.</param>
    /// <param name="damping">
    /// λ, greater than zero, in the units of the inputs' squares; null means the method's own.
    /// </param>
    /// <param name="select">
    /// Selects the covered layers by name and weight; null means every layer that can be covered.
    /// </param>
    /// <param name="schedule">When statistics are taken and inverted; null means the method's own.</param>
    /// <exception cref="ArgumentException">
    /// An argument is out of its range, or the model has no layer that is covered.
    /// </exception>
    public FoofPreconditioner(
        nn.Module<Tensor, Tensor> model,
        double? damping = null,
        Func<string, Parameter, bool>? select = null,
        CurvatureSchedule? schedule = null
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        var recipe = (schedule ?? new()).In(
            Methods.foof.WithDamping(Argument.Positive(damping) ?? Methods.foof.Damping)
        );
        _ = Uncovered.Survey(nameof(FoofPreconditioner), model, select);
        parameters = [.. model.parameters()];
        core = new(model, recipe, select: select);
        core.Fallback += (_, fallback) => Fallback?.Invoke(this, fallback);
    }

    /// <summary>
    /// How each parameter's gradient is treated, in the model's order: the gradient of a plain parameter
    /// stays as it is.
    /// </summary>
    public IReadOnlyList<Coverage> Coverage => core.Coverage;

    /// <summary>The number of batches seen, including those of the warm-up.</summary>
    public int BatchesSeen => core.BatchesSeen;

    /// <summary>The number of inversions that failed at the first attempt.</summary>
    public int FallbackCount => core.FallbackCount;

    /// <summary>
    /// Raised for each inversion that failed at the first attempt, on the thread of
    /// <see cref="Precondition"/>.
    /// </summary>
    public event EventHandler<FallbackEventArgs>? Fallback;

    /// <summary>
    /// Takes statistics from the inputs since the last call, inverts if the schedule says so, and replaces
    /// the <c>grad</c> of each covered layer's weight and bias by W.grad (Ā + λI)⁻¹, in the same shapes; the
    /// parameters own the new gradients.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// No parameter has a gradient, or a layer has a gradient but its inputs were never seen.
    /// </exception>
    /// <exception cref="NumericalFailure">
    /// A gradient is not finite, or no inversion succeeds; the gradients are unchanged.
    /// </exception>
    public void Precondition()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        SoundModel.RequireParameters(nameof(FoofPreconditioner), parameters);
        if (!parameters.Any(CurvatureOptimizer.HasGradient))
            throw new InvalidOperationException(
                "Precondition() found no gradient: call backward() on the loss before it."
            );
        core.Precondition();
    }

    /// <summary>Frees the statistics and inverses and removes the hooks; the model remains.</summary>
    public void Dispose()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        ((IDisposable)core).Dispose();
    }
}
