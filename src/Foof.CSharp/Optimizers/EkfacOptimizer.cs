using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// EKFAC: K-FAC's eigenbasis with the gradients' own second moments in it,
/// W ← W - η Q_E [(Q_Eᵀ ∇W Q_A) / (S + λ)] Q_Aᵀ. The basis is renewed every T steps, S at every observation.
/// </summary>
/// <remarks>
/// Its statistics need errors, which <see cref="CurvatureOptimizer.Step"/> finds; in the ordinary loop
/// <see cref="CurvatureOptimizer.Observe"/> does, and steps between go on with the matrices that it has.
/// (George et al. 2018)
/// </remarks>
/// <example>
/// <code>
/// using var optimizer = new EkfacOptimizer(model, learningRate: 0.003);
/// using var step = optimizer.Step(images, labels);
/// </code>
/// </example>
public sealed class EkfacOptimizer : CurvatureOptimizer
{
    /// <summary>EKFAC for a model.</summary>
    /// <param name="model">The model; it stays the caller's and outlives the optimiser.</param>
    /// <param name="loss">What its output is measured by.</param>
    /// <param name="learningRate">η, greater than zero.</param>
    /// <param name="damping">
    /// λ, greater than zero, in the units of the Fisher matrix of one data point.
    /// </param>
    /// <param name="momentum">Of the preconditioned update, in [0, 1).</param>
    /// <param name="weightDecay">Decoupled: W ← (1 - η decay) W before each update; at least zero.</param>
    /// <param name="movingAverage">β of all averages, in [0, 1).</param>
    /// <param name="invertEvery">T: every how many steps the basis is renewed.</param>
    /// <param name="statisticsSteps">
    /// S: in how many steps before that statistics are taken; null: the lesser of 10 and T.
    /// </param>
    /// <param name="warmUpBatches">How many batches of statistics come before the first period.</param>
    /// <param name="groups">Parameters with settings of their own.</param>
    /// <exception cref="ArgumentException">
    /// An argument is out of its range, or the model has no layer that is covered.
    /// </exception>
    public EkfacOptimizer(
        nn.Module<Tensor, Tensor> model,
        Loss loss = Loss.CrossEntropy,
        double learningRate = 0.003,
        double damping = 0.01,
        double momentum = 0.0,
        double weightDecay = 0.0,
        double movingAverage = 0.95,
        int invertEvery = 100,
        int? statisticsSteps = null,
        int warmUpBatches = 50,
        IEnumerable<ParameterSettings>? groups = null
    )
        : base(
            model,
            Methods.ekfac.Averaged(damping, movingAverage, invertEvery, statisticsSteps, warmUpBatches),
            loss,
            new(learningRate, momentum, weightDecay),
            groups
        ) { }
}
