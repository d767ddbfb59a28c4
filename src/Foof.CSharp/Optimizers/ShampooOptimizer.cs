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
    /// <param name="learningRate">η, greater than zero.</param>
    /// <param name="damping">ε, greater than zero, in the units of the gradients' squares.</param>
    /// <param name="momentum">Of the preconditioned update, in [0, 1).</param>
    /// <param name="weightDecay">Decoupled: W ← (1 - η decay) W before each update; at least zero.</param>
    /// <param name="invertEvery">Every how many steps the roots are made anew; every gradient counts.</param>
    /// <param name="groups">Parameters with settings of their own.</param>
    /// <exception cref="ArgumentException">
    /// An argument is out of its range, or the model has no layer that is covered.
    /// </exception>
    public ShampooOptimizer(
        nn.Module<Tensor, Tensor> model,
        Loss loss = Loss.CrossEntropy,
        double learningRate = 0.1,
        double damping = 1e-4,
        double momentum = 0.0,
        double weightDecay = 0.0,
        int invertEvery = 20,
        IEnumerable<ParameterSettings>? groups = null
    )
        : base(
            model,
            Methods
                .shampoo.With(Argument.Positive(damping))
                .WithCadence(Argument.AtLeast(1, invertEvery), invertEvery),
            loss,
            new(learningRate, momentum, weightDecay),
            groups
        ) { }
}
