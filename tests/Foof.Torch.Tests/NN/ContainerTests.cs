using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Foof.Torch.Tests.NN;

public class ContainerTests
{
    private static readonly (string, Module<Tensor, Tensor>)[] Named = [("a", ReLU()), ("b", Sigmoid())];

    [Fact]
    public void A_sequence_can_be_made_in_every_way()
    {
        Module<Tensor, Tensor>[] plain = [ReLU(), Sigmoid()];
        var tuples = Named.Select(n => Tuple.Create(n.Item1, n.Item2)).ToArray();
        Assert.Equal(["0", "1"], Names(Sequential(plain)));
        Assert.Equal(["0", "1"], Names(Sequential(plain.ToList())));
        Assert.Equal(["a", "b"], Names(Sequential(Named)));
        Assert.Equal(["a", "b"], Names(Sequential(Named.ToList())));
        Assert.Equal(["a", "b"], Names(Sequential(tuples)));
        Assert.Equal(["a", "b"], Names(Sequential(tuples.ToList())));
        Assert.Equal(["0", "last"], Names(Sequential().append(ReLU()).append("last", Tanh())));
    }

    [Fact]
    public void A_sequence_is_indexed_by_place_and_by_range()
    {
        using var model = Sequential(ReLU(), Sigmoid(), Tanh());
        Assert.Equal(3, model.Count);
        Assert.IsType<TorchSharp.Modules.Tanh>(model[2]);
        Assert.Same(model[1], model[1..][0]);
        Assert.Equal(["0", "1"], Names(model[(null, 2)]));
    }

    [Fact]
    public void A_sequence_frees_what_flows_between_its_modules()
    {
        using var scope = NewDisposeScope();
        using var model = Sequential(Linear(3, 4), ReLU(), Sequential(Linear(4, 4), Tanh()), Linear(4, 2));
        var input = randn([5, 3]);
        var before = LiveTensors.Settled();
        var output = model.call(input);
        Assert.Equal(before + 1, Tensor.TotalCount);
        Assert.False(input.IsInvalid || output.IsInvalid);
    }

    [Fact]
    public void An_empty_sequence_is_the_identity()
    {
        using var scope = NewDisposeScope();
        var input = randn([2]);
        var output = Sequential().call(input);
        Assert.NotSame(input, output);
        Assert.True(input.Equals(output));
    }

    [Fact]
    public void Nested_sequences_have_dotted_names_children_first()
    {
        using var model = Sequential(("body", Sequential(("first", Linear(2, 2)))), ("head", ReLU()));
        Assert.Equal(["body", "head", "body.first"], model.named_modules().Select(m => m.name));
        Assert.Equal(["body.first.weight", "body.first.bias"], model.named_parameters().Select(p => p.name));
        Assert.NotNull(model.get_parameter("body.first.bias"));
        Assert.False(model.has_parameter("body.second.bias"));
    }

    [Fact]
    public void A_module_list_registers_what_it_holds_now()
    {
        using var list = ModuleList(Linear(2, 3), Linear(3, 4));
        list.Add(Linear(4, 5, false));
        Assert.Equal(
            ["0.weight", "0.bias", "1.weight", "1.bias", "2.weight"],
            list.named_parameters().Select(p => p.name)
        );
        list[0].Dispose();
        list.RemoveAt(0);
        Assert.Equal(["0.weight", "0.bias", "1.weight"], list.named_parameters().Select(p => p.name));
    }

    [Fact]
    public void A_module_dictionary_registers_under_its_names()
    {
        using var dictionary = ModuleDict(("x", Linear(2, 3, false)), ("y", Linear(3, 4, false)));
        Assert.Equal(["x.weight", "y.weight"], dictionary.named_parameters().Select(p => p.name));
        Assert.Equal(4, dictionary["y"].out_features);
        Assert.Equal("x", dictionary[0].Item1);
    }

    private static IEnumerable<string> Names(Module module) =>
        module.named_children().Select(child => child.name);
}
