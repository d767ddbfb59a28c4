using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// Eva: W ← W - η ν (b bᵀ ⊗ a aᵀ + λI)⁻¹ ∇W with moving averages of the mean input a and the mean error b:
/// vectors instead of matrices, and one division instead of an inversion. ν = min(1, √(κ / (η² Σ ⟨ΔW, ∇W⟩)))
/// clips the step.
/// </summary>
/// <remarks>
/// Its statistics need errors, which <see cref="CurvatureOptimizer.Step"/> or
/// <see cref="CurvatureOptimizer.UpdateCurvature"/> computes. (Zhang et al. 2023)
/// </remarks>
/// <example>
/// <code>
/// using var optimizer = new EvaOptimizer(model, learningRate: 0.1, options: new() { Momentum = 0.9 });
/// using var step = optimizer.Step(images, labels);
/// </code>
/// </example>
public sealed class EvaOptimizer : CurvatureOptimizer
{
    /// <summary>Makes an Eva optimiser for a model.</summary>
    /// <param name="model">The model; it stays the caller's and must outlive the optimiser.</param>
    /// <param name="loss">The loss of the model's output.</param>
    /// <param name="learningRate">η, greater than zero; null means the method's own.</param>
    /// <param name="damping">
    /// λ, greater than zero, in the units of the Fisher matrix of one data point; null means the method's
    /// own.
    /// </param>
    /// <param name="klClip">
    /// κ, greater than zero: how far a step may move the model's distribution; null means the method's own.
    /// </param>
    /// <param name="movingAverage">β of both averages, in [0, 1); null means the method's own.</param>
    /// <param name="options">
    /// Momentum, weight decay and the other settings that all optimisers share; null means their defaults.
    /// </param>
    /// <exception cref="ArgumentException">
    /// An argument is out of its range, or the model has no layer that is covered.
    /// </exception>
    public EvaOptimizer(
        nn.Module<Tensor, Tensor> model,
        Loss loss = Loss.CrossEntropy,
        double? learningRate = null,
        double? damping = null,
        double? klClip = null,
        double? movingAverage = null,
        UpdateOptions? options = null
    )
        : base(model, Method(damping, klClip, movingAverage), loss, learningRate, options) { }

    private static Recipe Method(double? damping, double? klClip, double? movingAverage)
    {
        var method = Methods.eva.WithDamping(Argument.Positive(damping) ?? Methods.eva.Damping);
        if (Argument.Positive(klClip) is { } kappa)
            method = method.WithTrust(Trust.NewKlClip(kappa));
        return Argument.Fraction(movingAverage) is { } beta ? method.WithMovingAverage(beta) : method;
    }
}
