using static TorchSharp.torch;

namespace Foof;

/// <summary>How the damping enters K-FAC's matrix.</summary>
/// <example>
/// <code>using var optimizer = new KfacOptimizer(model, dampingRule: KfacDamping.Standard);</code>
/// </example>
public enum KfacDamping
{
    /// <summary>
    /// (Ē + √λ/π I) ⊗ (Ā + π√λ I), π² = (tr Ā / d_in) / (tr Ē / d_out). (Martens &amp; Grosse 2015, 6.3)
    /// </summary>
    Heuristic,

    /// <summary>Ē ⊗ Ā + λI. (Benzing 2022, eq. 3)</summary>
    Standard,
}

/// <summary>How K-FAC treats a layer that is used at several positions. (Eschenhagen et al. 2023)</summary>
/// <example>
/// <code>using var optimizer = new KfacOptimizer(model, sharing: KfacSharing.Reduce);</code>
/// </example>
public enum KfacSharing
{
    /// <summary>
    /// Every position is a row. For networks whose loss is a sum over positions, and for convolutions.
    /// </summary>
    Expand,

    /// <summary>Inputs are first averaged over positions, and errors are summed.</summary>
    Reduce,
}

/// <summary>
/// K-FAC: W ← W - η F⁻¹ ∇W with F = Ē ⊗ Ā, damped; Ā is the moving average of the inputs' second moments, Ē
/// of the errors' second moments, with labels sampled from the model.
/// </summary>
/// <remarks>
/// Its statistics need errors, which <see cref="CurvatureOptimizer.Step"/> computes; in the ordinary loop
/// <see cref="CurvatureOptimizer.UpdateCurvature"/> computes them, and the steps between its calls use the
/// matrices of the last one. (Martens &amp; Grosse 2015; Benzing 2022, eq. 3 and 4)
/// </remarks>
/// <example>
/// <code>
/// using var optimizer = new KfacOptimizer(model, learningRate: 0.003, damping: 0.01);
/// using var step = optimizer.Step(images, labels);
/// </code>
/// </example>
public sealed class KfacOptimizer : CurvatureOptimizer
{
    /// <summary>Makes a K-FAC optimiser for a model.</summary>
    /// <param name="model">The model; it stays the caller's and must outlive the optimiser.</param>
    /// <param name="loss">The loss of the model's output.</param>
    /// <param name="learningRate">η, greater than zero; null means the method's own.</param>
    /// <param name="damping">
    /// λ, greater than zero, in the units of the Fisher matrix of one data point; null means the method's
    /// own.
    /// </param>
    /// <param name="dampingRule">How the damping enters the matrix.</param>
    /// <param name="sharing">How a layer that is used at several positions is treated.</param>
    /// <param name="schedule">When statistics are taken and inverted; null means the method's own.</param>
    /// <param name="options">
    /// Momentum, weight decay and the other settings that all optimisers share; null means their defaults.
    /// </param>
    /// <exception cref="ArgumentException">
    /// An argument is out of its range, or the model has no layer that is covered.
    /// </exception>
    public KfacOptimizer(
        nn.Module<Tensor, Tensor> model,
        Loss loss = Loss.CrossEntropy,
        double? learningRate = null,
        double? damping = null,
        KfacDamping dampingRule = KfacDamping.Heuristic,
        KfacSharing sharing = KfacSharing.Expand,
        CurvatureSchedule? schedule = null,
        UpdateOptions? options = null
    )
        : base(model, (schedule ?? new()).In(Method(damping, dampingRule, sharing)), loss, learningRate, options) { }

    private static Recipe Method(double? damping, KfacDamping dampingRule, KfacSharing sharing)
    {
        var isStandard = Argument.Known(dampingRule) == KfacDamping.Standard;
        var method =
            Argument.Known(sharing) == KfacSharing.Expand ? (isStandard ? Methods.kfacStandard : Methods.kfac)
            : isStandard ? Methods.kfacReduce.WithRule(Methods.kfacStandard.Rule)
            : Methods.kfacReduce;
        return method.WithDamping(Argument.Positive(damping) ?? method.Damping);
    }
}
