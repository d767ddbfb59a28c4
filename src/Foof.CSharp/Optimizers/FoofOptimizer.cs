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
    /// <param name="learningRate">η, greater than zero; null: the method's.</param>
    /// <param name="damping">λ, greater than zero, in the units of the inputs' squares; null: the method's.</param>
    /// <param name="schedule">When statistics are taken and inverted; null: the method's.</param>
    /// <param name="options">Momentum, weight decay and what else every optimiser takes; null: none of it.</param>
    /// <exception cref="ArgumentException">
    /// An argument is out of its range, or the model has no layer that is covered.
    /// </exception>
    public FoofOptimizer(
        nn.Module<Tensor, Tensor> model,
        Loss loss = Loss.CrossEntropy,
        double? learningRate = null,
        double? damping = null,
        CurvatureSchedule? schedule = null,
        UpdateOptions? options = null
    )
        : base(
            model,
            (schedule ?? new()).In(Methods.foof.WithDamping(damping ?? Methods.foof.Damping)),
            loss,
            learningRate,
            options
        ) { }
}
