using static TorchSharp.torch;

namespace Foof;

/// <summary>The mean of batches' curvatures by their data points; its tensors are in no scope.</summary>
internal sealed class MeanCurvature
{
    private Curvature? mean;

    /// <summary>The number of data points so far.</summary>
    internal long Points { get; private set; }

    /// <summary>The bytes that it takes.</summary>
    internal long Bytes => Kept.Bytes(Tensors);

    /// <summary>The mean.</summary>
    /// <exception cref="ArgumentException">There was no batch.</exception>
    internal Curvature Value =>
        mean ?? throw new ArgumentException("The batches must hold at least one; got none.", "batches");

    private IEnumerable<Tensor> Tensors => mean is null ? [] : CurvatureModule.tensors(mean).AsEnumerable();

    /// <summary>Takes a batch's curvature in.</summary>
    internal void Add(Curvature batch, long points)
    {
        var next = mean is null
            ? batch
            : DataCurvature.average((double)points / (Points + points), mean, batch);
        Kept.Replace(Tensors, CurvatureModule.tensors(next));
        (mean, Points) = (next, Points + points);
    }

    /// <summary>Frees its tensors, but for those that something else keeps.</summary>
    internal void Release(IEnumerable<Tensor> kept) => Kept.Replace(Tensors, kept);
}
