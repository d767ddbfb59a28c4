using System.Globalization;

namespace Foof.Torch.Tests;

/// <summary>The memory of large tensors is kept for the next ones: never for two at once, and not without bound.</summary>
public class LargeBlockTests
{
    private const int Float = sizeof(float);

    [Fact]
    public void The_memory_of_a_freed_tensor_serves_the_next_one_of_its_size()
    {
        var first = torch.ones(1024, 1024);
        var address = Address(first);
        first.Dispose();
        using var second = torch.zeros(1024, 1024);
        Assert.Equal(address, Address(second));
        Assert.Equal(0f, second.sum().item<float>());
    }

    [Fact]
    public void A_view_keeps_its_memory_from_the_next_tensor()
    {
        var first = torch.ones(1024, 1024);
        using var row = first[5];
        first.Dispose();
        using var second = torch.zeros(1024, 1024);
        Assert.Equal(1024f, row.sum().item<float>());
    }

    [Fact]
    public void Threads_that_free_one_anothers_tensors_never_share_a_block()
    {
        var handed = new System.Collections.Concurrent.ConcurrentQueue<(torch.Tensor Tensor, int Value)>();
        Parallel.For(
            0,
            4,
            thread =>
            {
                var random = new Random(thread);
                for (var i = 0; i < 60; i++)
                {
                    // 1 to 3 MB, a few sizes, so that blocks do fit.
                    var rows = 256 * random.Next(4, 13);
                    var value = 1000 * thread + i;
                    handed.Enqueue((torch.full([rows, 256], (float)value), value));
                    if (random.Next(2) == 0 && handed.TryDequeue(out var other))
                        CheckAndFree(other.Tensor, other.Value);
                }
            }
        );
        while (handed.TryDequeue(out var rest))
            CheckAndFree(rest.Tensor, rest.Value);

        static void CheckAndFree(torch.Tensor tensor, int value)
        {
            using var least = tensor.min();
            using var most = tensor.max();
            Assert.Equal(((float)value, (float)value), (least.item<float>(), most.item<float>()));
            tensor.Dispose();
        }
    }

    [Fact]
    public void What_is_kept_is_bounded()
    {
        Churn();
        var before = ResidentBytes();
        Churn();
        // 4 GB went through: 64 MB are kept, by this run and by the one before.
        Assert.InRange(ResidentBytes() - before, long.MinValue, 100L << 20);

        static void Churn()
        {
            for (var megabytes = 1; megabytes <= 64; megabytes++)
            {
                using var one = torch.ones(megabytes << 18);
                using var other = torch.ones(megabytes << 18);
            }
        }
    }

    [Fact]
    public void What_is_kept_goes_back_to_the_system_on_demand()
    {
        for (var i = 0; i < 2; i++)
        {
            using var scope = torch.NewDisposeScope();
            for (var megabytes = 0; megabytes < 48; megabytes++)
                _ = torch.ones(1 << 18);
        }
        var before = ResidentBytes();
        Engine.GiveBackMemory();
        Assert.InRange(before - ResidentBytes(), 40L << 20, 70L << 20);
        using var next = torch.ones(1 << 18);
        Assert.Equal(1 << 18, next.sum().item<float>());
    }

    private static unsafe nint Address(torch.Tensor tensor)
    {
        var bytes = tensor.bytes;
        Assert.Equal(tensor.numel() * Float, bytes.Length);
        fixed (byte* first = bytes)
            return (nint)first;
    }

    private static long ResidentBytes() =>
        long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture)
        * Environment.SystemPageSize;
}
