using System.Text;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>Files of optimisers: they resume to the same bits, and nothing else is taken for them.</summary>
public sealed class FileTests
{
    public static TheoryData<string> Names => [.. Toy.Facades.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_file_resumes_to_the_same_bits(string name)
    {
        using var scope = NewDisposeScope();
        using var folder = new Folder();
        var batches = Toy.Batches(12);
        var model = Toy.Model();
        using var optimizer = Toy.Facades[name](model);
        optimizer.Steps(batches.Take(7));
        Safetensors.Save(folder["model"], model.state_dict());
        optimizer.Save(folder["optimizer"]);
        optimizer.Steps(batches.Skip(7));

        var resumed = Toy.Model();
        using var again = Toy.Facades[name](resumed);
        using var weights = Safetensors.Load(folder["model"]);
        resumed.load_state_dict(weights.Tensors.ToDictionary());
        again.Load(folder["optimizer"]);
        Assert.Equal(7, again.BatchesSeen);
        again.Steps(batches.Skip(7));
        Assert.Equal(Toy.Weights(model), Toy.Weights(resumed));
    }

    [Fact]
    public void A_table_beside_products_in_bfloat16_resumes_to_the_same_bits()
    {
        using var scope = NewDisposeScope();
        using var folder = new Folder();
        (FoofOptimizer Optimizer, nn.Module<Tensor, Tensor> Model) Made()
        {
            manual_seed(1);
            var model = nn.Sequential(nn.Embedding(6, 4), nn.Flatten(), nn.Linear(8, 3));
            return (new FoofOptimizer(model, options: new() { BFloat16Products = true }), model);
        }
        var ((optimizer, model), (again, resumed)) = (Made(), Made());
        using var one = optimizer;
        using var other = again;
        var (numbers, labels) = (randint(0, 6, [20, 2]), randint(0, 3, [20]));
        optimizer.Step(numbers, labels);
        optimizer.Save(folder["optimizer"]);
        resumed.load_state_dict(model.state_dict());
        again.Load(folder["optimizer"]);
        optimizer.Step(numbers, labels);
        again.Step(numbers, labels);
        Assert.Equal(Toy.Weights(model), Toy.Weights(resumed));
    }

    [Fact]
    public void The_settings_of_groups_are_in_the_file()
    {
        using var scope = NewDisposeScope();
        using var folder = new Folder();
        var model = Toy.Model();
        using var optimizer = new FoofOptimizer(model, learningRate: 0.5);
        optimizer.LearningRate = 0.125;
        optimizer.Save(folder["optimizer"]);
        using var again = new FoofOptimizer(model, learningRate: 0.25);
        again.Load(folder["optimizer"]);
        Assert.Equal(0.125, again.LearningRate);
        Assert.Equal(0.5, again.ParamGroups.Single().InitialLearningRate);
    }

    [Fact]
    public void Another_method_is_refused_and_named()
    {
        using var scope = NewDisposeScope();
        using var folder = new Folder();
        var model = Toy.Model();
        using var optimizer = new ShampooOptimizer(model);
        optimizer.Save(folder["optimizer"]);
        using var other = new FoofOptimizer(model);
        var error = Assert.Throws<ArgumentException>(() => other.Load(folder["optimizer"]));
        Assert.Contains("'foof'", error.Message);
        Assert.Contains("'shampoo'", error.Message);
    }

    [Fact]
    public void Another_models_file_is_refused_and_changes_nothing()
    {
        using var scope = NewDisposeScope();
        using var folder = new Folder();
        using var optimizer = new FoofOptimizer(nn.Sequential(nn.Linear(4, 2)));
        optimizer.Save(folder["optimizer"]);
        using var other = new FoofOptimizer(Toy.Model(), learningRate: 0.75);
        other.Steps(Toy.Batches(2));
        Assert.Throws<ArgumentException>(() => other.Load(folder["optimizer"]));
        Assert.Equal(2, other.BatchesSeen);
        Assert.Equal(0.75, other.LearningRate);
    }

    [Fact]
    public void A_flipped_bit_is_found()
    {
        using var scope = NewDisposeScope();
        using var folder = new Folder();
        using var optimizer = new FoofOptimizer(Toy.Model());
        optimizer.Save(folder["optimizer"]);
        var bytes = File.ReadAllBytes(folder["optimizer"]);
        bytes[^3] ^= 1;
        File.WriteAllBytes(folder["optimizer"], bytes);
        Assert.Throws<InvalidDataException>(() => optimizer.Load(folder["optimizer"]));
    }

    [Fact]
    public void A_file_of_weights_is_not_an_optimisers_file()
    {
        using var scope = NewDisposeScope();
        using var folder = new Folder();
        var model = Toy.Model();
        Safetensors.Save(folder["model"], model.state_dict());
        using var optimizer = new FoofOptimizer(model);
        Assert.Throws<InvalidDataException>(() => optimizer.Load(folder["model"]));
    }

    [Fact]
    public void TorchSharps_state_is_refused_with_what_to_call_instead()
    {
        using var scope = NewDisposeScope();
        using var optimizer = new FoofOptimizer(Toy.Model());
        var error = Assert.Throws<NotSupportedException>(() => optimizer.state_dict());
        Assert.Contains("Save(path)", error.Message);
        Assert.Contains("State()", error.Message);
        Assert.Throws<NotSupportedException>(() => optimizer.load_state_dict((optim.Optimizer.StateDictionary)null!));
    }

    [Fact]
    public void Random_numbers_are_left_alone_on_request()
    {
        using var scope = NewDisposeScope();
        using var folder = new Folder();
        using var optimizer = new FoofOptimizer(Toy.Model());
        optimizer.Save(folder["optimizer"]);
        manual_seed(5);
        var expected = get_rng_state();
        optimizer.Load(folder["optimizer"], restoreRandomNumbers: false);
        Assert.True(get_rng_state().equal(expected).all().item<bool>());
        optimizer.Load(folder["optimizer"]);
        Assert.False(get_rng_state().equal(expected).all().item<bool>());
    }

    [Fact]
    public void Random_numbers_of_another_libtorch_are_refused_and_nothing_changes()
    {
        using var scope = NewDisposeScope();
        using var folder = new Folder();
        var model = Toy.Model();
        using var optimizer = new FoofOptimizer(model);
        optimizer.Steps(Toy.Batches(2));
        var state = get_rng_state();
        foreach (
            var wrong in new[]
            {
                state.narrow(0, 0, 100),
                zeros(3, ScalarType.Byte),
                state.to(ScalarType.Int32),
                zeros_like(state),
            }
        )
        {
            OptimizerFile.Write(folder["a"], "foof", optimizer.State(), wrong);
            optimizer.Steps(Toy.Batches(1));
            var seen = optimizer.BatchesSeen;
            var error = Assert.Throws<InvalidDataException>(() => optimizer.Load(folder["a"]));
            Assert.Contains("restoreRandomNumbers: false", error.Message, StringComparison.Ordinal);
            Assert.Equal(seen, optimizer.BatchesSeen);
            optimizer.Load(folder["a"], restoreRandomNumbers: false);
            Assert.Equal(seen - 1, optimizer.BatchesSeen);
        }
    }

    private static Dictionary<string, Tensor> Changed(Dictionary<string, Tensor> state, Action<JsonNode> change)
    {
        var description = JsonNode.Parse(state["description"].data<byte>().ToArray())!;
        change(description);
        return new(state) { ["description"] = tensor(Encoding.UTF8.GetBytes(description.ToJsonString())) };
    }

    [Fact]
    public void A_state_with_impossible_settings_or_missing_tensors_is_refused_and_changes_nothing()
    {
        using var scope = NewDisposeScope();
        using var optimizer = new FoofOptimizer(Toy.Model(), learningRate: 0.75, options: new() { Momentum = 0.5 });
        optimizer.Steps(Toy.Batches(2));
        var state = optimizer.State();
        var before = state.ToDictionary(pair => pair.Key, pair => pair.Value.clone());
        void Refused(string[] parts, Dictionary<string, Tensor> changed)
        {
            var error = Assert.Throws<ArgumentException>(() => optimizer.Restore(changed));
            Assert.All(parts, part => Assert.Contains(part, error.Message));
            var after = optimizer.State();
            Assert.All(before, pair => Assert.True(after[pair.Key].equal(pair.Value).all().ToBoolean()));
        }
        foreach (var row in new double[][] { [-1, 1, 0, 0], [1, -1, 0, 0], [1, 1, 1, 0], [1, 1, 0, -1], [1] })
            Refused(["Group 1"], Changed(state, own => own["groups"]![0] = Json(row)));
        Refused(["1 groups", "is of 2"], Changed(state, own => own["groups"]!.AsArray().Add(Json([1, 1, 0, 0]))));
        Refused(["'foof'", "'shampoo'"], Changed(state, own => own["preconditioner"]!["method"] = "shampoo"));
        foreach (var entry in new[] { "preconditioner", "momentum", "groups" })
            Refused([$"'{entry}'"], Changed(state, own => own.AsObject().Remove(entry)));
        Refused(["'position'"], Changed(state, own => own["preconditioner"]!.AsObject().Remove("position")));
        Refused(["position"], Changed(state, own => own["preconditioner"]!["position"] = -1));
        foreach (var name in state.Keys)
        {
            Refused([$"'{name}'"], state.Where(pair => pair.Key != name).ToDictionary());
            Refused([$"'{name}'", "null"], new(state) { [name] = null! });
            Refused([], new(state) { [name] = ones(1, 2, 3) });
        }
        Refused(["JSON"], new(state) { ["description"] = ones(3, ScalarType.Byte) });
        // Schedulers go down to nothing.
        optimizer.Restore(Changed(state, own => own["groups"]![0] = Json([0, 1, 0, 0])));
        Assert.Equal(0, optimizer.LearningRate);
    }

    private static JsonArray Json(double[] row) => [.. row.Select(number => JsonValue.Create(number))];

    [Fact]
    public void An_optimiser_may_go_back_to_the_state_that_it_is_in()
    {
        using var scope = NewDisposeScope();
        foreach (var make in Toy.Facades.Values)
        {
            var (model, other) = (Toy.Model(), Toy.Model());
            float[] Run(nn.Module<Tensor, Tensor> of, bool restores)
            {
                manual_seed(3);
                using var optimizer = make(of);
                optimizer.Steps(Toy.Batches(3));
                if (restores)
                    optimizer.Restore(optimizer.State());
                optimizer.Steps(Toy.Batches(5).Skip(3));
                return Toy.Weights(of);
            }
            Assert.Equal(Run(model, false), Run(other, true));
        }
    }
}
