using TorchSharp;

namespace Foof.Tests;

/// <summary>Counts tensors; compiled into each project whose tests ask whether one was left behind.</summary>
internal static class LiveTensors
{
    /// <summary>
    /// The number of live tensors, when those that earlier tests left to the garbage collector are gone: freed
    /// in the middle of a test, they would make its second count too small.
    /// </summary>
    internal static long Settled()
    {
        // A finaliser may let go of what has one itself.
        for (var round = 0; round < 2; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        return torch.Tensor.TotalCount;
    }
}
