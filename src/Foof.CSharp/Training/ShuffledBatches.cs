using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>Batches of rows of two tensors, shuffled for each epoch.</summary>
internal sealed class ShuffledBatches
{
    private readonly Tensor inputs;
    private readonly Tensor targets;
    private readonly int batchSize;
    private readonly int seed;

    internal ShuffledBatches(Tensor inputs, Tensor targets, int batchSize, int seed)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(targets);
        Argument.SameRows(inputs, targets);
        Argument.AtLeast(1, batchSize);
        if (batchSize > inputs.shape[0])
            throw new ArgumentException(
                $"batchSize must be at most the {inputs.shape[0]} data points; got {batchSize}.",
                nameof(batchSize)
            );
        (this.inputs, this.targets, this.batchSize, this.seed) = (inputs, targets, batchSize, seed);
    }

    /// <summary>Returns the batches of an epoch; the caller owns them.</summary>
    internal IEnumerable<(Tensor Input, Tensor Target)> Of(int epoch)
    {
        var order = new long[inputs.shape[0]];
        for (var row = 0; row < order.Length; row++)
            order[row] = row;
        new Random(unchecked(seed * 1_000_003 + epoch)).Shuffle(order);
        for (var start = 0; start + batchSize <= order.Length; start += batchSize)
        {
            using var rows = tensor(order[start..(start + batchSize)]);
            using var there = rows.to(inputs.device);
            yield return (inputs.index_select(0, there), Selected(targets, rows));
        }
    }

    private static Tensor Selected(Tensor tensor, Tensor rows)
    {
        using var there = rows.to(tensor.device);
        return tensor.index_select(0, there);
    }
}
