using static TorchSharp.torch;

namespace Foof;

/// <summary>Predictions for n data points. The object owns its tensors, which are float64.</summary>
/// <example>
/// <code>
/// using var prediction = posterior.Predict(testInputs);
/// using var classes = prediction.Probabilities!.argmax(1);
/// using var uncertainty = prediction.Uncertainty();
/// </code>
/// </example>
/// <param name="Output">
/// The mean of the network's outputs f, [n; ...]: logits or logarithms of rates, for losses that take them.
/// </param>
/// <param name="Probabilities">
/// The class probabilities [n; C], with positions [n; C; positions...], or the probability of label 1, [n; ...],
/// for <see cref="Loss.BinaryCrossEntropy"/>; null for losses without classes.
/// </param>
/// <param name="Variance">
/// The variance of each output under the posterior, [n; ...], in squared units of the output. It has no
/// observation noise; over S sampled networks it is a sum of squares divided by S, not S - 1.
/// </param>
/// <param name="ProbabilityVariance">
/// The variance of the class probabilities under the posterior, summed over classes, from samples: [n], or
/// [n; positions...]. Null for other losses than <see cref="Loss.CrossEntropy"/>.
/// </param>
public sealed record Prediction(Tensor Output, Tensor? Probabilities, Tensor Variance, Tensor? ProbabilityVariance)
    : IDisposable
{
    private IEnumerable<Tensor> Tensors =>
        new[] { Output, Probabilities, Variance, ProbabilityVariance }.OfType<Tensor>();

    /// <summary>
    /// Returns each data point's variance, a mean over its outputs, [n] in float64: it is large where the network
    /// knows little (MATH 6). The caller owns it.
    /// </summary>
    public Tensor Uncertainty()
    {
        using var each = Variance.reshape(Variance.shape[0], -1);
        return each.mean([1L]);
    }

    /// <summary>Returns this prediction; frees it and raises a NumericalFailure if a number is not finite.</summary>
    internal Prediction RequireFinite()
    {
        if (Tensors.All(Numbers.isFinite))
            return this;
        Dispose();
        throw new NumericalFailure(
            "some of its numbers are not finite",
            "the prediction",
            "scale the inputs down, raise the prior precision or use float64"
        );
    }

    /// <summary>Describes the shapes in one line.</summary>
    public override string ToString()
    {
        if (Output.IsInvalid)
            return "prediction, disposed";
        var probabilities = Probabilities is null ? "" : $", probabilities [{Shape.text(Probabilities.shape)}]";
        return $"prediction of {Output.shape[0]} data points: output [{Shape.text(Output.shape)}]{probabilities}";
    }

    /// <summary>Takes its tensors out of every dispose scope.</summary>
    internal Prediction Detached()
    {
        foreach (var tensor in Tensors)
            tensor.DetachFromDisposeScope();
        return this;
    }

    /// <summary>
    /// Joins the predictions of several batches; the tensors of the result belong to no dispose scope.
    /// </summary>
    /// <exception cref="ArgumentException">Their outputs have different shapes, data points aside.</exception>
    internal static Prediction Join(IReadOnlyList<Prediction> parts)
    {
        var first = parts[0].Output.shape;
        if (parts.Select(part => part.Output.shape).FirstOrDefault(IsOther) is { } other)
            throw new ArgumentException(
                $"The outputs of all batches must have one shape, apart from the number of data points; got [{Shape.text(first)}] "
                    + $"and [{Shape.text(other)}]: predict these batches one by one."
            );

        bool IsOther(long[] shape) => !shape.AsSpan(1).SequenceEqual(first.AsSpan(1));

        Tensor Joined(Func<Prediction, Tensor> of) => cat([.. parts.Select(of)], 0);

        return new Prediction(
            Joined(part => part.Output),
            parts[0].Probabilities is null ? null : Joined(part => part.Probabilities!),
            Joined(part => part.Variance),
            parts[0].ProbabilityVariance is null ? null : Joined(part => part.ProbabilityVariance!)
        ).Detached();
    }

    /// <summary>Frees the tensors; the result of <see cref="Uncertainty"/> remains.</summary>
    public void Dispose()
    {
        foreach (var tensor in Tensors)
            tensor.Dispose();
    }
}
