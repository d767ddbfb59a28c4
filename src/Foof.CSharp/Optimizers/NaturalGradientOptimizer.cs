using static TorchSharp.torch;

namespace Foof;

/// <summary>Which Fisher matrix the natural gradient uses.</summary>
/// <example>
/// <code>using var optimizer = new NaturalGradientOptimizer(model, fisher: NaturalGradientFisher.Blocks);</code>
/// </example>
public enum NaturalGradientFisher
{
    /// <summary>One label for each data point, sampled from the model: n columns.</summary>
    MonteCarlo,

    /// <summary>The expectation over all labels, the generalised Gauss-Newton matrix: n C columns.</summary>
    Ggn,

    /// <summary>Like <see cref="MonteCarlo"/>, but separately for each layer.</summary>
    Blocks,
}

/// <summary>
/// The exact natural gradient of a batch: W ← W - η (λI + G Gᵀ)⁻¹ ∇, where the columns of G are the gradients
/// of single data points of the batch before, so that gradient and Fisher are independent.
/// </summary>
/// <remarks>
/// No matrix with a row and a column per parameter is formed: the inverse is computed from the Gram matrix of
/// n, or n C, columns. (Benzing 2022, eq. 20 and App. I; Ren &amp; Goldfarb 2019)
/// </remarks>
/// <example>
/// <code>
/// using var optimizer = new NaturalGradientOptimizer(model, fisher: NaturalGradientFisher.Ggn);
/// using var step = optimizer.Step(images, labels);
/// </code>
/// </example>
public sealed class NaturalGradientOptimizer : CurvatureOptimizer
{
    /// <summary>Makes a natural-gradient optimiser for a model.</summary>
    /// <param name="model">The model; it stays the caller's and must outlive the optimiser.</param>
    /// <param name="loss">The loss of the model's output.</param>
    /// <param name="learningRate">η, greater than zero; null means the method's own.</param>
    /// <param name="damping">
    /// λ, greater than zero, in the units of the Fisher matrix of one data point; null means the method's
    /// own.
    /// </param>
    /// <param name="fisher">Which Fisher matrix is used.</param>
    /// <param name="options">
    /// Momentum, weight decay and the other settings that all optimisers share; null means their defaults.
    /// </param>
    /// <exception cref="ArgumentException">
    /// An argument is out of its range, or the model has no layer that is covered.
    /// </exception>
    public NaturalGradientOptimizer(
        nn.Module<Tensor, Tensor> model,
        Loss loss = Loss.CrossEntropy,
        double? learningRate = null,
        double? damping = null,
        NaturalGradientFisher fisher = NaturalGradientFisher.MonteCarlo,
        UpdateOptions? options = null
    )
        : base(model, Method(damping, fisher), loss, learningRate, options) { }

    private static Recipe Method(double? damping, NaturalGradientFisher fisher)
    {
        var method = Argument.Known(fisher) switch
        {
            NaturalGradientFisher.MonteCarlo => Methods.natural,
            NaturalGradientFisher.Ggn => Methods.naturalFull,
            _ => Methods.naturalBlocks,
        };
        return method.WithDamping(Argument.Positive(damping) ?? method.Damping);
    }
}
