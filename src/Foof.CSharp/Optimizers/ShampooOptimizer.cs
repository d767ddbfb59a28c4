using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// Shampoo: W ← W - η (L + εI)^-1/4 ∇W (R + εI)^-1/4 with L = Σ ∇W ∇Wᵀ and R = Σ ∇Wᵀ ∇W over all steps so
/// far. It needs only gradients, so it works in the ordinary loop too.
/// </summary>
/// <remarks>(Gupta et al. 2018)</remarks>
/// <example>
/// <code>
/// using var optimizer = new ShampooOptimizer(model, learningRate: 0.01);
/// optimizer.zero_grad();
/// torch.nn.functional.cross_entropy(model.call(images), labels).backward();
/// optimizer.step();
/// </code>
/// </example>
public sealed class ShampooOptimizer : CurvatureOptimizer
{
    /// <summary>Makes a Shampoo optimiser for a model.</summary>
    /// <param name="model">The model; it stays the caller's and must outlive the optimiser.</param>
    /// <param name="loss">The loss of the model's output.</param>
    /// <param name="learningRate">η, greater than zero; null means the method's own.</param>
    /// <param name="damping">
    /// ε, greater than zero, in the units of the gradients' squares; null means the method's own.
    /// </param>
    /// <param name="invertEvery">
    /// The number of steps between computations of the roots, while every step's gradient counts; null means
    /// the method's own.
    /// </param>
    /// <param name="options">
    /// Momentum, weight decay and the other settings that all optimisers share; null means their defaults.
    /// </param>
    /// <exception cref="ArgumentException">
    /// An argument is out of its range, or the model has no layer that is covered.
    /// </exception>
    public ShampooOptimizer(
        nn.Module<Tensor, Tensor> model,
        Loss loss = Loss.CrossEntropy,
        double? learningRate = null,
        double? damping = null,
        int? invertEvery = null,
        UpdateOptions? options = null
    )
        : base(model, Method(damping, invertEvery), loss, learningRate, options) { }

    private static Recipe Method(double? damping, int? invertEvery)
    {
        var method = Methods.shampoo.WithDamping(Argument.Positive(damping) ?? Methods.shampoo.Damping);
        var every = Argument.AtLeast(1, invertEvery) ?? method.Cadence.InvertEvery;
        return method.WithCadence(every, every);
    }
}
