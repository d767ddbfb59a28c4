using static TorchSharp.torch;

namespace Foof;

/// <summary>Predictions for some data points. Owns its tensors, which are float64.</summary>
/// <example>
/// <code>
/// using var prediction = posterior.Predict(testInputs);
/// using var classes = prediction.Probabilities!.argmax(1);
/// using var doubt = prediction.Uncertainty();
/// </code>
/// </example>
/// <param name="Output">The mean of the network's outputs f, [n; ...].</param>
/// <param name="Probabilities">
/// The classes' probabilities [n; C]; null for likelihoods without classes.
/// </param>
/// <param name="Variance">The variance of each output under the posterior, [n; ...].</param>
/// <param name="Spread">
/// The variance of the classes' probabilities under the posterior, summed over classes [n], by samples; null
/// for likelihoods without classes.
/// </param>
public sealed record Prediction(Tensor Output, Tensor? Probabilities, Tensor Variance, Tensor? Spread)
    : IDisposable
{
    /// <summary>
    /// The mean over outputs of a data point's variance [n]: how little the network knows of it.
    /// </summary>
    public Tensor Uncertainty() => Variance.reshape(Variance.shape[0], -1).mean([1L]);

    /// <summary>Takes its tensors out of every scope.</summary>
    internal Prediction Detached()
    {
        Output.DetachFromDisposeScope();
        Probabilities?.DetachFromDisposeScope();
        Variance.DetachFromDisposeScope();
        Spread?.DetachFromDisposeScope();
        return this;
    }

    internal static Prediction Join(IReadOnlyList<Prediction> parts)
    {
        Tensor Joined(Func<Prediction, Tensor> of) => cat([.. parts.Select(of)], 0).DetachFromDisposeScope();

        return new(
            Joined(part => part.Output),
            parts[0].Probabilities is null ? null : Joined(part => part.Probabilities!),
            Joined(part => part.Variance),
            parts[0].Spread is null ? null : Joined(part => part.Spread!)
        );
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Output.Dispose();
        Probabilities?.Dispose();
        Variance.Dispose();
        Spread?.Dispose();
    }
}
