using TorchSharp.Modules;
using TorchSharp.Native;
using static TorchSharp.torch;

namespace Foof.Torch.Tests.Optimizers;

public class OptimizerTests
{
    public static TheoryData<string> Kinds => [.. Optimizers.Keys];

    private static readonly Dictionary<string, Func<Parameter, OptimizerHelper>> Optimizers = new()
    {
        ["sgd"] = p => optim.SGD([p], 0.1, momentum: 0.9, weight_decay: 0.1),
        ["sgd without momentum"] = p => optim.SGD([p], 0.1),
        ["adam"] = p => optim.Adam([p], 0.1),
        ["amsgrad"] = p => optim.Adam([p], 0.1, amsgrad: true),
        ["rmsprop"] = p => optim.RMSProp([p], momentum: 0.9, centered: true),
        ["adagrad"] = p => optim.Adagrad([p]),
        ["adamw"] = p => optim.AdamW([p], 0.1, weight_decay: 0.1),
    };

    private static void Steps(optim.Optimizer optimizer, int from, int to)
    {
        for (var t = from; t <= to; t++)
        {
            foreach (var p in optimizer.parameters())
                Toy.SetGradient(p, t);
            optimizer.step();
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_loaded_state_continues_with_the_same_numbers(string kind)
    {
        var (first, second) = (Toy.Parameter(1, 2), Toy.Parameter(0, 0));
        using var source = Optimizers[kind](first);
        using var target = Optimizers[kind](second);
        Steps(source, 1, 3);
        using (no_grad())
            Aten.Add_Tensor.Run(second, first, 1L);
        target.load_state_dict(source.state_dict());
        Assert.All(
            source.state_dict().State.Zip(target.state_dict().State),
            pair => Assert.True(pair.First.ApproximatelyEquals(pair.Second))
        );
        Steps(source, 4, 6);
        Steps(target, 4, 6);
        Assert.Equal(first.Values(), second.Values());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_saved_state_continues_with_the_same_numbers(string kind)
    {
        var (first, second) = (Toy.Parameter(1, 2), Toy.Parameter(0, 0));
        using var source = Optimizers[kind](first);
        using var target = Optimizers[kind](second);
        Steps(source, 1, 3);
        using (no_grad())
            Aten.Add_Tensor.Run(second, first, 1L);
        using var stream = new MemoryStream();
        source.save_state_dict(new BinaryWriter(stream));
        stream.Position = 0;
        target.load_state_dict(new BinaryReader(stream));
        Assert.Equal(stream.Length, stream.Position);
        Steps(source, 4, 6);
        Steps(target, 4, 6);
        Assert.Equal(first.Values(), second.Values());
    }

    [Fact]
    public void A_state_cut_short_or_of_another_optimiser_is_refused()
    {
        using var adam = optim.Adam([Toy.Parameter(1, 2)]);
        using var stream = new MemoryStream();
        adam.save_state_dict(new BinaryWriter(stream));
        var cut = stream.ToArray()[..^9];
        Assert.Throws<InvalidDataException>(() =>
            adam.load_state_dict(new BinaryReader(new MemoryStream(cut)))
        );
        using var sgd = optim.SGD([Toy.Parameter(1, 2)], 0.1);
        Assert.Throws<InvalidDataException>(() =>
            sgd.load_state_dict(new BinaryReader(new MemoryStream(stream.ToArray())))
        );
        using var two = optim.Adam([Toy.Parameter(1), Toy.Parameter(2)]);
        Assert.Throws<ArgumentException>(() => two.load_state_dict(adam.state_dict()));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void No_tensor_is_left_behind_in_100_steps(string kind)
    {
        using var parameter = Toy.Parameter(1, 2);
        using var optimizer = Optimizers[kind](parameter);
        Steps(optimizer, 1, 1);
        var before = LiveTensors.Settled();
        Steps(optimizer, 2, 101);
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_enclosing_scope_does_not_free_the_state_and_Dispose_does(string kind)
    {
        using var parameter = Toy.Parameter(1, 2);
        var before = LiveTensors.Settled();
        var optimizer = Optimizers[kind](parameter);
        for (var t = 1; t <= 3; t++)
        {
            using var scope = NewDisposeScope();
            Steps(optimizer, t, t);
        }
        optimizer.Dispose();
        Assert.Equal(before, Tensor.TotalCount);
        optimizer.Dispose();
    }

    [Fact]
    public void Groups_step_with_their_own_settings_and_the_defaults_for_the_rest()
    {
        var (fast, slow, late) = (Toy.Parameter(1), Toy.Parameter(1), Toy.Parameter(1));
        using var sgd = optim.SGD(
            [
                new SGD.ParamGroup([fast], new SGD.Options { LearningRate = 0.5 }),
                new SGD.ParamGroup { Parameters = [slow] },
            ],
            0.01,
            weight_decay: 0.1
        );
        sgd.add_param_group(new SGD.ParamGroup([late], lr: 0.2));
        Steps(sgd, 1, 1);
        var g = Toy.Gradient(1, 0);
        Toy.Close([1 - 0.5 * (g + 0.1)], fast.Values());
        Toy.Close([1 - 0.01 * (g + 0.1)], slow.Values());
        Toy.Close([1 - 0.2 * g], late.Values());
        Assert.Equal([0.5, 0.01, 0.2], sgd.ParamGroups.Select(group => group.InitialLearningRate));
        Assert.Equal([fast, slow, late], sgd.parameters());
    }

    [Fact]
    public void A_parameter_given_twice_or_a_group_of_another_optimiser_is_refused()
    {
        var p = Toy.Parameter(1);
        using var sgd = optim.SGD([p], 0.1);
        Assert.Throws<ArgumentException>(() => sgd.add_param_group(new SGD.ParamGroup([p])));
        Assert.Throws<ArgumentException>(() => sgd.add_param_group(new Adam.ParamGroup([Toy.Parameter(1)])));
        Assert.Single(sgd.parameters());
    }

    [Fact]
    public void A_parameter_without_gradient_stays()
    {
        var p = Toy.Parameter(1);
        using var adam = optim.Adam([("p", p)]);
        adam.step();
        Assert.Equal([1.0], p.Values());
    }

    [Fact]
    public void Zero_grad_zeroes_in_place()
    {
        var p = Toy.Parameter(1, 2);
        using var sgd = optim.SGD([p], 0.1);
        sgd.zero_grad();
        Assert.Null(p.grad);
        Toy.SetGradient(p, 1);
        using var gradient = p.grad!;
        sgd.zero_grad();
        Assert.Equal([0.0, 0.0], gradient.Values());
    }

    [Fact]
    public void The_closure_is_recorded_runs_before_the_step_and_its_loss_comes_back()
    {
        var p = Toy.Parameter(3);
        using var sgd = optim.SGD([p], 0.1);
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var loss = sgd.step(() =>
        {
            sgd.zero_grad();
            var value = p.mul(p).sum();
            value.backward();
            return value;
        });
        Assert.Equal([9.0], loss!.Values());
        Toy.Close([3 - 0.1 * 6], p.Values());
        Assert.False(is_grad_enabled());
    }
}
