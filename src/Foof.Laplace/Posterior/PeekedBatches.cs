using static TorchSharp.torch;

namespace Foof;

/// <summary>Batches whose first one can be seen before the others are requested, in one enumeration.</summary>
internal sealed class PeekedBatches(LabelledBatches source) : IDisposable
{
    private IEnumerator<(Tensor, Tensor)>? begun;
    private bool hasOne;

    /// <summary>The first batch; null if there are no batches.</summary>
    internal (Tensor Input, Tensor Target)? First()
    {
        begun = source.GetEnumerator();
        hasOne = begun.MoveNext();
        return hasOne ? begun.Current : null;
    }

    /// <summary>All batches, of which the first is not requested again.</summary>
    internal LabelledBatches All()
    {
        using var all = begun ?? source.GetEnumerator();
        if (begun is null)
            hasOne = all.MoveNext();
        begun = null;
        for (; hasOne; hasOne = all.MoveNext())
            yield return all.Current;
    }

    /// <summary>Ends an enumeration that nobody finished.</summary>
    public void Dispose() => begun?.Dispose();
}
