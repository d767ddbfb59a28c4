using static TorchSharp.torch;

namespace Foof;

/// <summary>Tensors that outlive every scope and are shared by values that follow one another.</summary>
internal static class Kept
{
    /// <summary>Takes tensors out of every scope.</summary>
    internal static IReadOnlyList<Tensor> Detach(IReadOnlyList<Tensor> tensors)
    {
        foreach (var tensor in tensors)
            tensor.DetachFromDisposeScope();
        return tensors;
    }

    /// <summary>
    /// Keeps those of <paramref name="after"/>, and frees those of <paramref name="before"/> alone.
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

    /// <summary>The bytes of tensors, each counted once.</summary>
    internal static long Bytes(IEnumerable<Tensor> tensors) =>
        tensors
            .Distinct<Tensor>(ReferenceEqualityComparer.Instance)
            .Sum(tensor => tensor.numel() * tensor.ElementSize);
}
