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
    public void Blocks_that_are_made_of_others_never_overlap()
    {
        var random = new Random(1);
        var live = new List<(torch.Tensor Tensor, int Value)>();
        for (var i = 0; i < 600; i++)
        {
            // 1 to 12 MB, in turn many small ones and few large ones: what was freed rarely serves as it is.
            var megabytes = i / 60 % 2 == 0 ? random.Next(1, 4) : random.Next(4, 13);
            live.Add((torch.full([megabytes << 18], (float)i), i));
            while (live.Count > random.Next(4, 24))
                Free(random.Next(live.Count));
        }
        while (live.Count > 0)
            Free(0);

        void Free(int at)
        {
            var (tensor, value) = live[at];
            live.RemoveAt(at);
            using var least = tensor.min();
            using var most = tensor.max();
            Assert.Equal(((float)value, (float)value), (least.item<float>(), most.item<float>()));
            tensor.Dispose();
        }
    }

    [Fact]
    public void Sizes_that_come_again_need_no_new_pages()
    {
        StartFresh();
        Step();
        Step();
        var before = PageFaults();
        Step();
        // In pages of 4 kB, 100 MB of small blocks and as many of large ones.
        Assert.InRange(PageFaults() - before, 0, 2 * (100L << 20) / 4096 / 20);

        static void Step()
        {
            AtOnce(50, 2);
            AtOnce(20, 5);
            AtOnce(14, 7);
        }
    }

    [Fact]
    public void What_is_kept_is_what_was_in_use_at_once()
    {
        StartFresh();
        var before = ResidentBytes();
        AtOnce(40, 5);
        Assert.InRange(ResidentBytes() - before, 150L << 20, 220L << 20);
        for (var megabytes = 1; megabytes <= 64; megabytes++)
            AtOnce(2, megabytes);
        // 4 GB went through: what was there is cut and replaced, and 64 MB may come on top.
        Assert.InRange(ResidentBytes() - before, 0, 290L << 20);
        Engine.GiveBackMemory();
        Assert.InRange(ResidentBytes() - before, long.MinValue, 20L << 20);
    }

    [Fact]
    public void What_is_kept_goes_back_to_the_system_on_demand()
    {
        StartFresh();
        AtOnce(48, 1);
        var before = ResidentBytes();
        Engine.GiveBackMemory();
        Assert.InRange(before - ResidentBytes(), 40L << 20, 70L << 20);
        using var next = torch.ones(1 << 18);
        Assert.Equal(1 << 18, next.sum().item<float>());
    }

    // Tensors that other tests left behind are freed when they are collected, which may be in the middle of this one.
    private static void StartFresh()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Engine.GiveBackMemory();
    }

    private static void AtOnce(int count, int megabytes)
    {
        using var scope = torch.NewDisposeScope();
        for (var i = 0; i < count; i++)
            _ = torch.ones(megabytes << 18);
    }

    private static unsafe nint Address(torch.Tensor tensor)
    {
        var bytes = tensor.bytes;
        Assert.Equal(tensor.numel() * Float, bytes.Length);
        fixed (byte* first = bytes)
            return (nint)first;
    }

    private static long ResidentBytes() =>
        Number(File.ReadAllText("/proc/self/statm").Split(' ')[1]) * Environment.SystemPageSize;

    // The tenth field; the second, the program's name in brackets, may have spaces.
    private static long PageFaults()
    {
        var fields = File.ReadAllText("/proc/self/stat");
        return Number(fields[(fields.LastIndexOf(')') + 2)..].Split(' ')[7]);
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
