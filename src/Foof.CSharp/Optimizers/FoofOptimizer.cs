using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// FOOF, fast first-order optimisation on neurons: W ← W - η ∇W (Ā + λI)⁻¹ with Ā the moving average of
/// 1/n Σ a aᵀ over a layer's inputs a. It needs no second backward pass, and costs little more than SGD.
/// </summary>
/// <remarks>
/// λ is added to a mean over data points, so it does not depend on the batch size. The paper's code sums over
/// the batch: divide its damping and learning rate by its batch size to get the values for this class.
/// (Benzing 2022, "Gradient Descent on Neurons and its Link to Approximate Second-Order Optimization", eq. 6
/// and Algorithm 1)
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
    /// <summary>Makes a FOOF optimiser for a model, by default with the paper's settings.</summary>
    /// <param name="model">The model; it stays the caller's and must outlive the optimiser.</param>
    /// <param name="loss">The loss of the model's output.</param>
    /// <param name="learningRate">η, greater than zero; null means the method's own.</param>
    /// <param name="damping">
    /// λ, greater than zero, in the units of the inputs' squares; null means the method's own.
    /// </param>
    /// <param name="schedule">When statistics are taken and inverted; null means the method's own.</param>
    /// <param name="options">
    /// Momentum, weight decay and the other settings that all optimisers share; null means their defaults.
    /// </param>
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
            (schedule ?? new()).In(Methods.foof.WithDamping(Argument.Positive(damping) ?? Methods.foof.Damping)),
            loss,
            learningRate,
            options
        ) { }
}
