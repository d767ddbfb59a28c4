using static TorchSharp.torch;

namespace Foof;

/// <summary>The check of batches that come one after another.</summary>
internal static class BatchInput
{
    /// <summary>Raises unless batch <paramref name="number"/>, from 1 on, has it.</summary>
    internal static void Require(Tensor? tensor, int number, string what = "an input")
    {
        if (tensor is null)
            throw new ArgumentException($"batch {number} must have {what}; it is null.");
    }
}
