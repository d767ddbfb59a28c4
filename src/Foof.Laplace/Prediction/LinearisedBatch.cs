using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// The outputs for a batch, and what is needed for their covariance at any prior precision.
/// </summary>
/// <param name="Output">The network's outputs [n; ...].</param>
/// <param name="Prepared">The part of the covariance that does not depend on the prior precision.</param>
internal sealed record LinearisedBatch(Tensor Output, PreparedOutputs Prepared) : IDisposable
{
    /// <summary>The number of bytes that both take.</summary>
    internal long Bytes => Output.numel() * Output.ElementSize + Prepared.Bytes;

    /// <summary>Frees both.</summary>
    public void Dispose()
    {
        Output.Dispose();
        ((IDisposable)Prepared).Dispose();
    }
}
