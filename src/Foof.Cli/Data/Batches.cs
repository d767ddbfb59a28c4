using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Data;

/// <summary>The mini-batches of one pass over a set: an order of its own, the last one smaller.</summary>
/// <param name="set">The images and labels; they stay the caller's.</param>
/// <param name="size">How many images a batch has.</param>
/// <param name="seed">The run's seed.</param>
/// <param name="pass">Which pass: each has its order. 0 is the warm-up, 1 the first epoch.</param>
internal sealed class Batches(ImageSet set, int size, long seed, int pass) : IDisposable
{
    // A prime keeps the passes of neighbouring seeds apart.
    private const long SeedStride = 1_000_003;

    private readonly Tensor order = Shuffled(set.Count, seed, pass, set.Labels.device);

    /// <summary>How many batches a pass over <paramref name="images"/> images has.</summary>
    internal static int CountOf(long images, int size) => (int)((images + size - 1) / size);

    /// <summary>How many batches there are.</summary>
    internal int Count => CountOf(set.Count, size);

    /// <summary>The images and labels of one batch; the caller owns them.</summary>
    internal (Tensor Images, Tensor Labels) this[int place]
    {
        get
        {
            using var indices = Indices(place);
            return (set.Images.index_select(0, indices), set.Labels.index_select(0, indices));
        }
    }

    /// <summary>
    /// The images of the first batches, one after another; each is freed when the next is asked for.
    /// </summary>
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

    // The same order on every device.
    private static Tensor Shuffled(long count, long seed, int pass, Device device)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(unchecked((ulong)(seed * SeedStride + pass)));
        return randperm(count, generator: generator).to(device).DetachFromDisposeScope();
    }

    /// <summary>Frees the order.</summary>
    public void Dispose() => order.Dispose();
}
