using static TorchSharp.torch;

namespace Foof;

/// <summary>How K-FAC's damping enters.</summary>
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

    /// <summary>Inputs are averaged and errors summed over positions first.</summary>
    Reduce,
}

/// <summary>
/// K-FAC: W ← W - η F⁻¹ ∇W with F = Ē ⊗ Ā, damped; Ā is the moving average of the inputs' second moments, Ē
/// of the errors', at labels that are sampled from the model.
/// </summary>
/// <remarks>
/// Its statistics need errors, which <see cref="CurvatureOptimizer.Step"/> finds; in the ordinary loop
/// <see cref="CurvatureOptimizer.Observe"/> does, and steps between go on with the matrices that it has.
/// (Martens &amp; Grosse 2015; Benzing 2022, eq. 3 and 4)
/// </remarks>
/// <example>
/// <code>
/// using var optimizer = new KfacOptimizer(model, learningRate: 0.003, damping: 0.01);
/// using var step = optimizer.Step(images, labels);
/// </code>
/// </example>
public sealed class KfacOptimizer : CurvatureOptimizer
{
    /// <summary>K-FAC for a model.</summary>
    /// <param name="model">The model; it stays the caller's and outlives the optimiser.</param>
    /// <param name="loss">What its output is measured by.</param>
    /// <param name="learningRate">η, greater than zero.</param>
    /// <param name="damping">
    /// λ, greater than zero, in the units of the Fisher matrix of one data point.
    /// </param>
    /// <param name="dampingRule">How λ enters.</param>
    /// <param name="sharing">How positions are treated.</param>
    /// <param name="momentum">Of the preconditioned update, in [0, 1).</param>
    /// <param name="weightDecay">Decoupled: W ← (1 - η decay) W before each update; at least zero.</param>
    /// <param name="movingAverage">β of both averages, in [0, 1).</param>
    /// <param name="invertEvery">T: every how many steps the matrices are inverted.</param>
    /// <param name="statisticsSteps">
    /// S: in how many steps before that statistics are taken; null: the lesser of 10 and T.
    /// </param>
    /// <param name="warmUpBatches">How many batches of statistics come before the first period.</param>
    /// <param name="groups">Parameters with settings of their own.</param>
    /// <param name="speed">Ways to spend less time in a step; null: none.</param>
    /// <exception cref="ArgumentException">
    /// An argument is out of its range, or the model has no layer that is covered.
    /// </exception>
    public KfacOptimizer(
        nn.Module<Tensor, Tensor> model,
        Loss loss = Loss.CrossEntropy,
        double learningRate = 0.003,
        double damping = 0.01,
        KfacDamping dampingRule = KfacDamping.Heuristic,
        KfacSharing sharing = KfacSharing.Expand,
        double momentum = 0.0,
        double weightDecay = 0.0,
        double movingAverage = 0.95,
        int invertEvery = 100,
        int? statisticsSteps = null,
        int warmUpBatches = 50,
        IEnumerable<ParameterSettings>? groups = null,
        SpeedOptions? speed = null
    )
        : base(
            model,
            Method(dampingRule, sharing)
                .Averaged(damping, movingAverage, invertEvery, statisticsSteps, warmUpBatches)
                .Faster(speed),
            loss,
            new(learningRate, momentum, weightDecay),
            groups
        ) { }

    private static Recipe Method(KfacDamping dampingRule, KfacSharing sharing)
    {
        var method = Argument.Known(sharing) == KfacSharing.Reduce ? Methods.kfacReduce : Methods.kfacExpand;
        return Argument.Known(dampingRule) == KfacDamping.Standard
            ? method.With(rule: Methods.kfacStandard.Rule)
            : method;
    }
}
