using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Foof.Torch.Tests.NN;

public class HookTests
{
    private sealed class Sum() : Module<Tensor, Tensor, Tensor>("sum")
    {
        public override Tensor forward(Tensor input1, Tensor input2) => input1.add(input2);
    }

    [Fact]
    public void Hooks_fire_through_call_and_not_through_forward()
    {
        using var scope = NewDisposeScope();
        using var layer = Linear(3, 2);
        var fired = 0;
        layer.register_forward_hook((_, _, _) => Nothing(ref fired));
        layer.register_forward_pre_hook((_, _) => Nothing(ref fired));
        var input = randn([1, 3]);
        layer.forward(input);
        Assert.Equal(0, fired);
        layer.call(input);
        Assert.Equal(2, fired);
    }

    [Fact]
    public void A_typed_hook_sees_module_input_and_output()
    {
        using var scope = NewDisposeScope();
        using var layer = Linear(3, 2);
        var input = randn([1, 3]);
        (Module, Tensor, Tensor) seen = default;
        layer.register_forward_hook(
            (module, x, y) =>
            {
                seen = (module, x, y);
                return null;
            }
        );
        var output = layer.call(input);
        Assert.Same(layer, seen.Item1);
        Assert.Same(input, seen.Item2);
        Assert.Same(output, seen.Item3);
    }

    [Fact]
    public void A_result_of_a_hook_takes_the_place_of_input_or_output()
    {
        using var scope = NewDisposeScope();
        using var model = Sequential(ReLU());
        model.register_forward_pre_hook((_, x) => x.add(2.0));
        model.register_forward_hook((_, x, y) => y.add(x));
        Numbers.Close([2.0, 6.0], model.call(Numbers.Of([2], -1, 1)));
    }

    [Fact]
    public void Plain_hooks_run_outside_of_typed_ones()
    {
        using var scope = NewDisposeScope();
        using var layer = Linear(3, 2);
        var order = new List<string>();
        layer.register_forward_hook(_ => order.Add("after"));
        layer.register_forward_hook((_, _, _) => Note(order, "typed after"));
        layer.register_forward_pre_hook((_, _) => Note(order, "typed before"));
        layer.register_forward_pre_hook(_ => order.Add("before"));
        layer.call(randn([1, 3]));
        Assert.Equal(["before", "typed before", "typed after", "after"], order);
    }

    [Fact]
    public void A_removed_hook_does_not_fire_even_when_it_removes_itself()
    {
        using var scope = NewDisposeScope();
        using var layer = Linear(3, 2);
        var (own, other) = (0, 0);
        HookableModule<
            Func<Module<Tensor, Tensor>, Tensor, Tensor?>,
            Func<Module<Tensor, Tensor>, Tensor, Tensor, Tensor?>
        >.HookRemover remover = null!;
        remover = layer.register_forward_hook(
            (_, _, _) =>
            {
                own++;
                remover.remove();
                return null;
            }
        );
        layer.register_forward_hook((_, _, _) => Nothing(ref other));
        layer.call(randn([1, 3]));
        layer.call(randn([1, 3]));
        remover.remove();
        Assert.Equal((1, 2), (own, other));
    }

    [Fact]
    public void Hooks_inside_a_sequence_see_tensors_that_an_alias_keeps()
    {
        using var scope = NewDisposeScope();
        using var model = Sequential(Linear(3, 4), ReLU(), Linear(4, 2));
        var (kept, aliases) = (new List<Tensor>(), new List<Tensor>());
        foreach (var layer in model.children().OfType<TorchSharp.Modules.Linear>())
            layer.register_forward_hook(
                (_, _, y) =>
                {
                    kept.Add(y);
                    aliases.Add(y.alias());
                    return null;
                }
            );
        var loss = model.call(randn([5, 3])).sum();
        Assert.Equal([true, false], kept.Select(tensor => tensor.IsInvalid));
        var gradients = autograd.grad([loss], aliases);
        Assert.Equal([5, 4], gradients[0].shape);
        Numbers.Close(Enumerable.Repeat(1.0, 10).ToArray(), gradients[1]);
    }

    [Fact]
    public void A_module_of_two_inputs_has_hooks_too()
    {
        using var scope = NewDisposeScope();
        using var sum = new Sum();
        sum.register_forward_pre_hook((_, a, b) => (b, b));
        sum.register_forward_hook((_, _, _, y) => y.add(1.0));
        Numbers.Close([5], sum.call(Numbers.Of([1], 7), Numbers.Of([1], 2)));
    }

    private static Tensor? Nothing(ref int count)
    {
        count++;
        return null;
    }

    private static Tensor? Note(List<string> notes, string note)
    {
        notes.Add(note);
        return null;
    }
}
