using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// Eva: W ← W - η ν (b bᵀ ⊗ a aᵀ + λI)⁻¹ ∇W with moving averages of the mean input a and the mean error b:
/// vectors instead of matrices, and one division instead of an inversion. ν = min(1, √(κ / (η² Σ ⟨ΔW, ∇W⟩)))
/// clips the step.
/// </summary>
/// <remarks>
/// Its statistics need errors, which <see cref="CurvatureOptimizer.Step"/> finds, or <see
/// cref="CurvatureOptimizer.Observe"/>. (Zhang et al. 2023)
/// </remarks>
/// <example>
/// <code>
/// using var optimizer = new EvaOptimizer(model, learningRate: 0.1, momentum: 0.9);
/// using var step = optimizer.Step(images, labels);
/// </code>
/// </example>
public sealed class EvaOptimizer : CurvatureOptimizer
{
    /// <summary>Eva for a model.</summary>
    /// <param name="model">The model; it stays the caller's and outlives the optimiser.</param>
    /// <param name="loss">What its output is measured by.</param>
    /// <param name="learningRate">η, greater than zero.</param>
    /// <param name="damping">
    /// λ, greater than zero, in the units of the Fisher matrix of one data point.
    /// </param>
    /// <param name="klClip">κ, greater than zero: how far a step may move the model's distribution.</param>
    /// <param name="momentum">Of the preconditioned update, in [0, 1).</param>
    /// <param name="weightDecay">Decoupled: W ← (1 - η decay) W before each update; at least zero.</param>
    /// <param name="movingAverage">β of both averages, in [0, 1).</param>
    /// <param name="groups">Parameters with settings of their own.</param>
    /// <exception cref="ArgumentException">
    /// An argument is out of its range, or the model has no layer that is covered.
    /// </exception>
    public EvaOptimizer(
        nn.Module<Tensor, Tensor> model,
        Loss loss = Loss.CrossEntropy,
        double learningRate = 0.1,
        double damping = 0.03,
        double klClip = 1e-3,
        double momentum = 0.0,
        double weightDecay = 0.0,
        double movingAverage = 0.95,
        IEnumerable<ParameterSettings>? groups = null
    )
        : base(
            model,
            Methods.eva.With(
                Argument.Positive(damping),
                memory: Memory.NewMovingAverage(Argument.Fraction(movingAverage)),
                trust: Trust.NewKlClip(Argument.Positive(klClip))
            ),
            loss,
            new(learningRate, momentum, weightDecay),
            groups
        ) { }
}
