using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// The outputs for a batch, and what their covariance under any prior precision is made of.
/// </summary>
/// <param name="Output">The network's outputs [n; ...].</param>
/// <param name="Prepared">What does not depend on the prior precision.</param>
internal sealed record LinearisedBatch(Tensor Output, PreparedOutputs Prepared) : IDisposable
{
    /// <summary>How many bytes they take.</summary>
    internal long Bytes => Output.numel() * Output.ElementSize + Prepared.Bytes;

    /// <summary>Frees both.</summary>
    public void Dispose()
    {
        Output.Dispose();
        ((IDisposable)Prepared).Dispose();
    }
}
