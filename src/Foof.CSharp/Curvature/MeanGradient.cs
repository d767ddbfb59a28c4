using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>The mean of batches' gradients by their data points; its tensors are in the caller's scope.</summary>
internal sealed class MeanGradient
{
    private Tensor[]? mean;
    private double points;

    /// <summary>The number of batches so far.</summary>
    internal int Batches { get; private set; }

    /// <summary>The mean, one [d_out; d_in] a layer.</summary>
    /// <exception cref="ArgumentException">There was no batch.</exception>
    internal Tensor[] Value =>
        mean ?? throw new ArgumentException("The batches must hold at least one; got none.", "batches");

    /// <summary>Takes in the gradients of one batch at its labels; the mean goes to the scope around.</summary>
    internal void Add(FisherFactor atLabels, DisposeScope scope)
    {
        // A column counts 1/n of its batch.
        var count = 1 / atLabels.Parts.Single().Weight;
        points += count;
        var gradient = Jacobian.meanGradient(atLabels);
        var next = mean is null
            ? gradient
            : WeightVector.axpy(count / points, gradient, WeightVector.scale(1 - count / points, mean));
        foreach (var old in mean ?? [])
            old.Dispose();
        foreach (var matrix in next)
            scope.MoveToOuter(matrix);
        (mean, Batches) = (next, Batches + 1);
    }
}
