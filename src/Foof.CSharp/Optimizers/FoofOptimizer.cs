using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// FOOF, fast first-order optimisation on neurons: W ← W - η ∇W (Ā + λI)⁻¹ with Ā the moving average of
/// 1/n Σ a aᵀ over a layer's inputs a. It needs no second backward pass, and costs little more than SGD.
/// </summary>
/// <remarks>
/// λ is a mean over data points, whatever the batch size; the paper's code sums over the batch, so its damping
/// and learning rate, divided by its batch size, are the numbers here. (Benzing 2022, "Gradient Descent on
/// Neurons and its Link to Approximate Second-Order Optimization", eq. 6 and Algorithm 1)
/// </remarks>
/// <example>
/// <code>
/// using var optimizer = new FoofOptimizer(model, learningRate: 0.3);
/// foreach (var (images, labels) in batches)
/// {
///     using var scope = torch.NewDisposeScope();
///     Console.WriteLine(optimizer.Step(images, labels).ReadLoss());
/// }
/// </code>
/// </example>
public sealed class FoofOptimizer : CurvatureOptimizer
{
    /// <summary>FOOF for a model, with the paper's settings where none are given.</summary>
    /// <param name="model">The model; it stays the caller's and outlives the optimiser.</param>
    /// <param name="loss">What its output is measured by.</param>
    /// <param name="learningRate">η, greater than zero.</param>
    /// <param name="damping">λ, greater than zero, in the units of the inputs' squares.</param>
    /// <param name="momentum">Of the preconditioned update, in [0, 1).</param>
    /// <param name="weightDecay">Decoupled: W ← (1 - η decay) W before each update; at least zero.</param>
    /// <param name="movingAverage">β of the average Ā, in [0, 1).</param>
    /// <param name="invertEvery">T: every how many steps Ā + λI is inverted.</param>
    /// <param name="statisticsSteps">S: in how many steps before that Ā takes inputs in; null: the lesser of 10 and T.</param>
    /// <param name="warmUpBatches">How many batches of statistics come before the first period.</param>
    /// <param name="groups">Parameters with settings of their own.</param>
    /// <param name="speed">Ways to spend less time in a step; null: none.</param>
    /// <exception cref="ArgumentException">
    /// An argument is out of its range, or the model has no layer that is covered.
    /// </exception>
    public FoofOptimizer(
        nn.Module<Tensor, Tensor> model,
        Loss loss = Loss.CrossEntropy,
        double learningRate = 0.3,
        double damping = 1.0,
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
            Methods
                .foof.Averaged(damping, movingAverage, invertEvery, statisticsSteps, warmUpBatches)
                .Faster(speed),
            loss,
            new(learningRate, momentum, weightDecay),
            groups
        ) { }
}
