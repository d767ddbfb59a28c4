using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// Shampoo: W ← W - η (L + εI)^-1/4 ∇W (R + εI)^-1/4 with L = Σ ∇W ∇Wᵀ and R = Σ ∇Wᵀ ∇W over all steps so far.
/// It is made of gradients alone, and takes the ordinary loop as well.
/// </summary>
/// <remarks>(Gupta et al. 2018)</remarks>
/// <example>
/// <code>
/// using var optimizer = new ShampooOptimizer(model, learningRate: 0.1);
/// optimizer.zero_grad();
/// torch.nn.functional.cross_entropy(model.call(images), labels).backward();
/// optimizer.step();
/// </code>
/// </example>
public sealed class ShampooOptimizer : CurvatureOptimizer
{
    /// <summary>Shampoo for a model.</summary>
    /// <param name="model">The model; it stays the caller's and outlives the optimiser.</param>
    /// <param name="loss">What its output is measured by.</param>
    /// <param name="learningRate">η, greater than zero; null: the method's.</param>
    /// <param name="damping">ε, greater than zero, in the units of the gradients' squares; null: the method's.</param>
    /// <param name="invertEvery">Every how many steps the roots are computed; every gradient counts; null: the method's.</param>
    /// <param name="options">Momentum, weight decay and what else every optimiser takes; null: none of it.</param>
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
        var method = Methods.shampoo.WithDamping(damping ?? Methods.shampoo.Damping);
        var every = invertEvery ?? method.Cadence.InvertEvery;
        return method.WithCadence(every, every);
    }
}
