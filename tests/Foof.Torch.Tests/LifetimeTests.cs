using TorchSharp.Native;

namespace Foof.Torch.Tests;

public class LifetimeTests
{
    [Fact]
    public void A_loop_that_disposes_nothing_stays_flat()
    {
        using var megabyte = torch.zeros(512, 512);
        long most = 0;
        for (var i = 0; i < 2000; i++)
        {
            _ = megabyte.alias().clone();
            most = Math.Max(most, NativeMemory.Live);
        }
        // The allowance is 128 MB above what is in use; 2,000 results are 2,000 MB.
        Assert.InRange(most, 0, 400L << 20);
    }

    [Fact]
    public void A_forgotten_tensor_is_freed_although_its_handle_was_used_before()
    {
        var before = LiveTensors.Settled();
        for (var i = 0; i < 10; i++)
            torch.ones(2).Dispose();
        Forget(10);
        Assert.Equal(before, LiveTensors.Settled());

        static void Forget(int count)
        {
            for (var i = 0; i < count; i++)
                _ = torch.ones(2);
        }
    }

    [Fact]
    public void Disposing_twice_is_disposing_once()
    {
        var before = LiveTensors.Settled();
        var tensor = torch.ones(2);
        tensor.Dispose();
        tensor.Dispose();
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public void Use_after_disposal_is_refused_with_the_remedy()
    {
        var tensor = torch.ones(2);
        tensor.Dispose();
        var error = Assert.Throws<ObjectDisposedException>(() => tensor.add(tensor));
        Assert.Contains("MoveToOuterDisposeScope", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_alias_is_the_same_tensor_and_outlives_the_first_handle()
    {
        var first = torch.ones(2);
        using var second = first.alias();
        Assert.Equal(first.Handle, second.Handle);
        first.Dispose();
        Assert.Equal(2f, second.sum().item<float>());
    }

    [Fact]
    public void A_view_keeps_the_memory_of_a_disposed_base()
    {
        var matrix = torch.arange(6).reshape(2, 3);
        using var row = matrix.select(0, 1);
        matrix.Dispose();
        Assert.Equal([3L, 4L, 5L], row.data<long>().ToArray());
    }

    [Theory]
    [InlineData("1.13.0", "/lib/libtorch_cpu.so.1.13.0", null)]
    [InlineData("1.13.0", "/lib/libtorch_cpu.so.2.1.0", "2.1")]
    [InlineData("2.10.0", "/lib/libtorch_cpu.so", null)]
    public void A_libtorch_of_another_version_is_told_by_its_name(
        string compiled,
        string file,
        string? found
    ) => Assert.Equal(found, NativeLibraries.VersionMismatch(compiled, file));
}
