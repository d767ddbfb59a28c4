namespace Foof.Torch.Tests;

public class DisposeScopeTests
{
    private static torch.Tensor Fresh() => torch.ones(3);

    [Fact]
    public void A_scope_disposes_what_was_made_in_it_and_nothing_else()
    {
        using var before = Fresh();
        torch.Tensor inside;
        using (torch.NewDisposeScope())
            inside = Fresh();
        Assert.True(inside.IsInvalid);
        Assert.False(before.IsInvalid);
    }

    [Fact]
    public void A_tensor_moved_out_lives_until_the_outer_scope_ends()
    {
        torch.Tensor moved;
        using (torch.NewDisposeScope())
        {
            using (var inner = torch.NewDisposeScope())
                moved = inner.MoveToOuter(Fresh());
            Assert.False(moved.IsInvalid);
        }
        Assert.True(moved.IsInvalid);
    }

    [Fact]
    public void A_detached_tensor_outlives_every_scope()
    {
        torch.Tensor kept;
        using (torch.NewDisposeScope())
        using (torch.NewDisposeScope())
            kept = Fresh().DetachFromDisposeScope();
        Assert.False(kept.IsInvalid);
        kept.Dispose();
    }

    [Fact]
    public void Disposing_in_any_order_leaves_the_rest_in_the_scope()
    {
        using var scope = torch.NewDisposeScope();
        var tensors = Enumerable.Range(0, 5).Select(_ => Fresh()).ToArray();
        tensors[1].Dispose();
        tensors[4].Dispose();
        tensors[0].Dispose();
        Assert.Equal(2, scope.DisposablesCount);
        Assert.True(scope.Contains(tensors[2]));
        scope.DisposeEverythingBut(tensors[3]);
        Assert.True(tensors[2].IsInvalid);
        Assert.False(tensors[3].IsInvalid);
        Assert.Equal(1, scope.DisposablesCount);
    }

    [Fact]
    public void A_scope_closed_out_of_turn_leaves_the_inner_one_open()
    {
        var outer = torch.NewDisposeScope();
        var inner = torch.NewDisposeScope();
        outer.Dispose();
        Assert.Same(inner, torch.CurrentDisposeScope);
        inner.Dispose();
        Assert.Null(torch.CurrentDisposeScope);
    }

    [Fact]
    public void Attach_and_move_to_other_change_the_owner()
    {
        using var scope = torch.NewDisposeScope();
        var tensor = Fresh();
        torch.Tensor attached;
        using (var other = torch.NewDisposeScope())
        {
            other.Attach(tensor);
            attached = Fresh().MoveToOtherDisposeScope(scope);
        }
        Assert.True(tensor.IsInvalid);
        Assert.False(attached.IsInvalid);
    }

    [Fact]
    public void A_scope_holds_only_its_own_threads_tensors()
    {
        using var scope = torch.NewDisposeScope();
        using var elsewhere = OnAnotherThread(Fresh);
        Assert.Equal(0, scope.DisposablesCount);
    }

    [Fact]
    public void Another_thread_may_dispose_or_detach_what_is_in_a_scope()
    {
        torch.Tensor detached;
        using (var scope = torch.NewDisposeScope())
        {
            var doomed = Fresh();
            detached = Fresh();
            var stays = Fresh();
            OnAnotherThread(() =>
            {
                doomed.Dispose();
                return detached.DetachFromDisposeScope();
            });
            Assert.Equal(1, scope.DisposablesCount);
            Assert.True(scope.Contains(stays));
            scope.Attach(detached);
            Assert.Equal(2, scope.DisposablesCount);
            scope.Detach(detached);
        }
        Assert.False(detached.IsInvalid);
        detached.Dispose();
    }

    [Fact]
    public void Another_thread_may_move_a_tensor_into_a_scope()
    {
        torch.Tensor arrived;
        using (var scope = torch.NewDisposeScope())
        {
            arrived = OnAnotherThread(() => Fresh().MoveToOtherDisposeScope(scope));
            Assert.Equal(1, scope.DisposablesCount);
        }
        Assert.True(arrived.IsInvalid);
    }

    [Fact]
    public void Threads_that_work_on_their_own_tensors_do_not_disturb_each_other()
    {
        using var shared = torch.ones(8, 8);
        var before = LiveTensors.Settled();
        var sums = new double[4];
        var threads = Enumerable
            .Range(0, sums.Length)
            .Select(i => new Thread(() =>
            {
                for (var step = 0; step < 500; step++)
                {
                    using var scope = torch.NewDisposeScope();
                    sums[i] = shared.mm(shared).add(shared.mul(i)).sum().item<float>();
                }
            }))
            .ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Equal([512.0, 576.0, 640.0, 704.0], sums);
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    private static T OnAnotherThread<T>(Func<T> compute)
    {
        T result = default!;
        var thread = new Thread(() => result = compute());
        thread.Start();
        thread.Join();
        return result;
    }
}
