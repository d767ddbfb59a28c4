using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Data;

/// <summary>The mini-batches of one pass over a set, in a random order; the last one may be smaller.</summary>
/// <param name="set">The images and labels, which still belong to the caller.</param>
/// <param name="size">How many images a batch has.</param>
/// <param name="seed">The run's seed.</param>
/// <param name="pass">The number of the pass, which decides the order: 0 is the warm-up, 1 the first epoch.</param>
internal sealed class Batches(ImageSet set, int size, long seed, int pass) : IDisposable
{
    // With a prime, the passes of neighbouring seeds have different orders.
    private const long SeedStride = 1_000_003;

    private readonly Tensor order = Shuffled(set.Count, seed, pass, set.Labels.device);

    /// <summary>How many batches a pass over <paramref name="images"/> images has.</summary>
    internal static int CountOf(long images, int size) => (int)((images + size - 1) / size);

    /// <summary>How many batches there are.</summary>
    internal int Count => CountOf(set.Count, size);

    /// <summary>The images and labels of one batch, which belong to the caller.</summary>
    internal (Tensor Images, Tensor Labels) this[int place]
    {
        get
        {
            using var indices = Indices(place);
            return (set.Images.index_select(0, indices), set.Labels.index_select(0, indices));
        }
    }

    /// <summary>The images of the first batches. Each batch is freed when the next one is requested.</summary>
    internal IEnumerable<Tensor> Images(int most)
    {
        for (var place = 0; place < Math.Min(most, Count); place++)
        {
            using var indices = Indices(place);
            using var images = set.Images.index_select(0, indices);
            yield return images;
        }
    }

    private Tensor Indices(int place)
    {
        var start = (long)place * size;
        return order.narrow(0, start, Math.Min(size, set.Count - start));
    }

    // The order is made on the processor, so that it does not depend on the device.
    private static Tensor Shuffled(long count, long seed, int pass, Device device)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(unchecked((ulong)(seed * SeedStride + pass)));
        return randperm(count, generator: generator).to(device).DetachFromDisposeScope();
    }

    /// <summary>Frees the order.</summary>
    public void Dispose() => order.Dispose();
}
