using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// FOOF in front of another optimiser, Adam or SGD with a momentum of its own: between <c>backward</c> and
/// <c>step</c> it puts W.grad (Ā + λI)⁻¹ in the place of each covered layer's gradient.
/// </summary>
/// <remarks>
/// It sees the inputs of the model's layers in <c>call</c>, in training mode, as <see cref="FoofOptimizer"/>
/// does in the ordinary loop; before SGD without momentum both are one method. Not for use from two threads at
/// once. (Benzing 2022, eq. 6 and Algorithm 1)
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

    /// <summary>FOOF for a model's gradients.</summary>
    /// <param name="model">The model; it stays the caller's and outlives the preconditioner.</param>
    /// <param name="damping">λ, greater than zero, in the units of the inputs' squares; null: the method's.</param>
    /// <param name="select">Takes a weight by its path in the model; null: all.</param>
    /// <param name="schedule">When statistics are taken and inverted; null: the method's.</param>
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
        var recipe = (schedule ?? new()).In(Methods.foof.WithDamping(damping ?? Methods.foof.Damping));
        _ = Uncovered.Survey(nameof(FoofPreconditioner), model, select);
        parameters = [.. model.parameters()];
        core = new(model, recipe, select: select);
        core.Fallback += (_, fallback) => Fallback?.Invoke(this, fallback);
    }

    /// <summary>
    /// What becomes of each parameter's gradient, in the model's order: that of a plain one stays as it is.
    /// </summary>
    public IReadOnlyList<Coverage> Coverage => core.Coverage;

    /// <summary>How many batches were seen, those of the warm-up included.</summary>
    public int BatchesSeen => core.BatchesSeen;

    /// <summary>How many inversions did not succeed at their first attempt.</summary>
    public int FallbackCount => core.FallbackCount;

    /// <summary>Raised for each of them, on the thread of <see cref="Precondition"/>.</summary>
    public event EventHandler<FallbackEventArgs>? Fallback;

    /// <summary>
    /// Takes in the inputs since the last time, inverts when it is time, and replaces the <c>grad</c> of each
    /// covered layer's weight and bias by W.grad (Ā + λI)⁻¹, in the same shapes; the parameters own them.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// No parameter has a gradient, or a layer has one and its inputs were never seen.
    /// </exception>
    /// <exception cref="NumericalFailure">
    /// A gradient is not finite, or no inversion succeeds; the gradients are as before.
    /// </exception>
    public void Precondition()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        OwnParameters.Require(nameof(FoofPreconditioner), parameters);
        if (!parameters.Any(CurvatureOptimizer.HasGradient))
            throw new InvalidOperationException(
                "Precondition() found no gradient: call backward() on the loss before it."
            );
        core.Precondition();
    }

    /// <summary>Frees the statistics and inverses, and sees no more inputs; the model stays.</summary>
    public void Dispose()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        ((IDisposable)core).Dispose();
    }
}
