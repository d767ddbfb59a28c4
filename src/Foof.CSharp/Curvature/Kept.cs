using static TorchSharp.torch;

namespace Foof;

/// <summary>Tensors that belong to no dispose scope, and that successive values may share.</summary>
internal static class Kept
{
    /// <summary>Takes tensors out of every dispose scope.</summary>
    internal static IReadOnlyList<Tensor> Detach(IReadOnlyList<Tensor> tensors)
    {
        foreach (var tensor in tensors)
            tensor.DetachFromDisposeScope();
        return tensors;
    }

    /// <summary>
    /// Keeps the tensors of <paramref name="after"/>, and frees those that only <paramref name="before"/>
    /// has.
    /// </summary>
    internal static void Replace(IEnumerable<Tensor> before, IEnumerable<Tensor> after)
    {
        var kept = new HashSet<Tensor>(after, ReferenceEqualityComparer.Instance);
        foreach (var tensor in kept)
            tensor.DetachFromDisposeScope();
        foreach (var tensor in before.Distinct<Tensor>(ReferenceEqualityComparer.Instance))
            if (!kept.Contains(tensor))
                tensor.Dispose();
    }

    /// <summary>The bytes that tensors take, each counted once.</summary>
    internal static long Bytes(IEnumerable<Tensor> tensors) =>
        tensors.Distinct<Tensor>(ReferenceEqualityComparer.Instance).Sum(tensor => tensor.numel() * tensor.ElementSize);
}
