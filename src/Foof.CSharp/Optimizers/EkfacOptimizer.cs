using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// EKFAC: K-FAC's eigenbasis with the gradients' own second moments in it,
/// W ← W - η Q_E [(Q_Eᵀ ∇W Q_A) / (S + λ)] Q_Aᵀ. The basis is renewed every T steps, S whenever statistics
/// are taken.
/// </summary>
/// <remarks>
/// Its statistics need errors, which <see cref="CurvatureOptimizer.Step"/> computes; in the ordinary loop
/// <see cref="CurvatureOptimizer.UpdateCurvature"/> computes them, and the steps between its calls use the
/// matrices of the last one. (George et al. 2018)
/// </remarks>
/// <example>
/// <code>
/// using var optimizer = new EkfacOptimizer(model, learningRate: 0.003);
/// using var step = optimizer.Step(images, labels);
/// </code>
/// </example>
public sealed class EkfacOptimizer : CurvatureOptimizer
{
    /// <summary>Makes an EKFAC optimiser for a model.</summary>
    /// <param name="model">The model; it stays the caller's and must outlive the optimiser.</param>
    /// <param name="loss">The loss of the model's output.</param>
    /// <param name="learningRate">η, greater than zero; null means the method's own.</param>
    /// <param name="damping">
    /// λ, greater than zero, in the units of the Fisher matrix of one data point; null means the method's
    /// own.
    /// </param>
    /// <param name="schedule">When statistics are taken and inverted; null means the method's own.</param>
    /// <param name="options">
    /// Momentum, weight decay and the other settings that all optimisers share; null means their defaults.
    /// </param>
    /// <exception cref="ArgumentException">
    /// An argument is out of its range, or the model has no layer that is covered.
    /// </exception>
    public EkfacOptimizer(
        nn.Module<Tensor, Tensor> model,
        Loss loss = Loss.CrossEntropy,
        double? learningRate = null,
        double? damping = null,
        CurvatureSchedule? schedule = null,
        UpdateOptions? options = null
    )
        : base(
            model,
            (schedule ?? new()).In(Methods.ekfac.WithDamping(Argument.Positive(damping) ?? Methods.ekfac.Damping)),
            loss,
            learningRate,
            options
        ) { }
}
