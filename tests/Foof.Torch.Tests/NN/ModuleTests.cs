using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Foof.Torch.Tests.NN;

public class ModuleTests
{
    private sealed class Network : Module<Tensor, Tensor>
    {
        public readonly TorchSharp.Modules.Linear first = Linear(3, 4, dtype: float64);
        private readonly TorchSharp.Modules.Linear second = Linear(4, 2, hasBias: false, dtype: float64);
        private readonly TorchSharp.Modules.Parameter scale = Parameter(randn([2], float64));
        private readonly Tensor offset = randn([2], float64);

        public Network()
            : base("network") => RegisterComponents();

        public override Tensor forward(Tensor input) =>
            second.call(functional.relu(first.call(input))).mul(scale).add(offset);
    }

    [Fact]
    public void Components_are_the_fields_under_the_fields_names()
    {
        using var network = new Network();
        Assert.Equal(["first", "second"], network.named_children().Select(c => c.name));
        Assert.Equal(
            ["scale", "first.weight", "first.bias", "second.weight"],
            network.named_parameters().Select(p => p.name)
        );
        Assert.Equal(["offset"], network.named_buffers().Select(b => b.name));
        Assert.Equal(["scale"], network.named_parameters(recurse: false).Select(p => p.name));
        Assert.Equal("network", network.GetName());
    }

    [Fact]
    public void Disposing_a_module_frees_all_that_it_owns()
    {
        var before = LiveTensors.Settled();
        var network = new Network();
        Assert.Equal(before + 5, Tensor.TotalCount);
        network.Dispose();
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void A_dispose_scope_leaves_parameters_and_buffers_alone()
    {
        Network network;
        using (NewDisposeScope())
            network = new Network();
        Assert.All(network.state_dict().Values, tensor => Assert.False(tensor.IsInvalid));
        network.Dispose();
    }

    [Fact]
    public void State_passes_from_one_module_to_another()
    {
        using var scope = NewDisposeScope();
        using var source = new Network();
        using var target = new Network();
        var (missing, unexpected) = target.load_state_dict(source.state_dict());
        Assert.Empty(missing);
        Assert.Empty(unexpected);
        Assert.All(
            source.state_dict(),
            entry => Assert.True(entry.Value.Equals(target.state_dict()[entry.Key]))
        );
        var input = randn([5, 3], float64);
        Assert.True(source.call(input).Equals(target.call(input)));
    }

    [Fact]
    public void State_with_a_wrong_shape_is_refused_whole()
    {
        using var scope = NewDisposeScope();
        using var network = new Network();
        var before = network.first.bias!.add(0.0);
        var state = network.state_dict().ToDictionary(e => e.Key, e => e.Value.add(1.0));
        state["second.weight"] = randn([2, 5], float64);
        var error = Assert.Throws<ArgumentException>(() => network.load_state_dict(state));
        Assert.Contains("'second.weight'", error.Message, StringComparison.Ordinal);
        Assert.Contains("[2, 4]", error.Message, StringComparison.Ordinal);
        Assert.Contains("[2, 5]", error.Message, StringComparison.Ordinal);
        Assert.True(before.Equals(network.first.bias));
    }

    [Fact]
    public void State_with_other_names_is_refused_unless_asked_for()
    {
        using var scope = NewDisposeScope();
        using var network = new Network();
        var state = network.state_dict().ToDictionary(e => e.Key, e => e.Value.add(1.0));
        state.Remove("offset");
        state["extra"] = randn([1]);
        var error = Assert.Throws<InvalidOperationException>(() => network.load_state_dict(state));
        Assert.Contains("offset", error.Message, StringComparison.Ordinal);
        Assert.Contains("extra", error.Message, StringComparison.Ordinal);
        Assert.False(network.first.weight.Equals(state["first.weight"]));
        var (missing, unexpected) = network.load_state_dict(state, strict: false, skip: ["first.bias"]);
        Assert.Equal(["offset"], missing);
        Assert.Equal(["extra"], unexpected);
        Assert.True(network.first.weight.Equals(state["first.weight"]));
        Assert.False(network.first.bias!.Equals(state["first.bias"]));
    }

    [Fact]
    public void Tied_parameters_are_listed_once_and_stored_under_both_names()
    {
        using var scope = NewDisposeScope();
        using var model = Sequential(("encoder", Linear(3, 3, false)), ("decoder", Linear(3, 3, false)));
        var (encoder, decoder) = ((TorchSharp.Modules.Linear)model[0], (TorchSharp.Modules.Linear)model[1]);
        decoder.weight = encoder.weight;
        Assert.Equal(["encoder.weight"], model.named_parameters().Select(p => p.name));
        Assert.Equal(["encoder.weight", "decoder.weight"], model.state_dict().Keys);
    }

    [Fact]
    public void A_change_of_type_keeps_the_parameters_identity()
    {
        using var scope = NewDisposeScope();
        using var layer = Linear(3, 2, dtype: float32);
        var (weight, handle) = (layer.weight, layer.weight.Handle);
        layer.call(randn([1, 3])).sum().backward();
        Assert.Same(layer, layer.@double());
        Assert.Same(weight, layer.weight);
        Assert.Equal(handle, layer.weight.Handle);
        Assert.Equal(float64, weight.dtype);
        Assert.Equal(float64, weight.grad!.dtype);
        Assert.True(weight.requires_grad && weight.is_leaf);
        layer.zero_grad();
        layer.call(randn([1, 3], float64)).sum().backward();
        Assert.Equal(float64, weight.grad!.dtype);
        Assert.Throws<ArgumentException>(() => layer.to(int64));
    }

    [Fact]
    public void Zero_grad_forgets_gradients_or_zeroes_them()
    {
        using var scope = NewDisposeScope();
        using var layer = Linear(3, 2);
        layer.call(randn([1, 3])).sum().backward();
        layer.zero_grad(set_to_none: false);
        Assert.Equal(0, layer.bias!.grad!.sum().ToNumber());
        layer.zero_grad();
        Assert.Null(layer.bias!.grad);
    }

    [Fact]
    public void Training_mode_reaches_every_descendant()
    {
        using var model = Sequential(Sequential(ReLU()), ReLU());
        model.eval();
        Assert.All(model.modules(), module => Assert.False(module.training));
        Assert.False(model.training);
        model.train();
        Assert.All(model.modules(), module => Assert.True(module.training));
    }

    [Fact]
    public void Apply_visits_children_before_their_parent()
    {
        using var network = new Network();
        var visited = new List<string>();
        network.apply(module => visited.Add(module.GetName()));
        Assert.Equal(["Linear", "Linear", "network"], visited);
    }

    [Fact]
    public void Names_are_unique_and_hold_no_dots()
    {
        Assert.Throws<InvalidOperationException>(() => Sequential(("a", ReLU()), ("a", ReLU())));
        Assert.Throws<ArgumentException>(() => Sequential(("a.b", ReLU())));
    }

    [Fact]
    public void A_parameter_takes_over_its_data_and_is_a_leaf()
    {
        using var scope = NewDisposeScope();
        var before = LiveTensors.Settled();
        var data = randn([3], requires_grad: true).add(1.0);
        var parameter = Parameter(data);
        Assert.True(data.IsInvalid);
        Assert.True(parameter.is_leaf && parameter.requires_grad);
        parameter.Dispose();
        Assert.Equal(before + 1, Tensor.TotalCount);
    }

    private sealed class Holder : Module
    {
        public Holder(Tensor buffer, params TorchSharp.Modules.Parameter[] parameters)
            : base("holder")
        {
            for (var i = 0; i < parameters.Length; i++)
                register_parameter($"p{i}", parameters[i]);
            register_buffer("lasting", buffer);
            register_buffer("passing", buffer.add(1.0), persistent: false);
        }
    }

    [Fact]
    public void A_parameter_outlives_the_scope_that_it_was_made_in()
    {
        TorchSharp.Modules.Parameter parameter;
        using (NewDisposeScope())
            parameter = Parameter(randn([3]));
        Assert.False(parameter.IsInvalid);
        parameter.Dispose();
    }

    [Fact]
    public void Disposed_and_repeated_parameters_are_not_listed()
    {
        using var scope = NewDisposeScope();
        var (kept, doomed) = (Parameter(randn([2])), Parameter(randn([2])));
        using var holder = new Holder(randn([1]), kept, doomed, kept);
        doomed.Dispose();
        Assert.Equal(["p0"], holder.named_parameters().Select(p => p.name));
    }

    [Fact]
    public void Only_persistent_buffers_are_state()
    {
        using var scope = NewDisposeScope();
        using var holder = new Holder(randn([1]));
        Assert.Equal(["lasting", "passing"], holder.named_buffers().Select(b => b.name));
        Assert.Equal(["lasting"], holder.state_dict().Keys);
        Assert.True(holder.has_buffer("passing"));
    }
}
