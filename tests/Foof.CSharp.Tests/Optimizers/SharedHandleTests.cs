using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>Parameters that have several handles: each reading of an embedding's weight makes one.</summary>
public sealed class SharedHandleTests
{
    private const double Still = 1e-9;

    /// <summary>A classifier of two tokens, each with a table of its own, or one table for both.</summary>
    private sealed class Classifier : nn.Module<Tensor, Tensor>
    {
        internal Embedding First { get; } = nn.Embedding(6, 4);
        internal Embedding Second { get; } = nn.Embedding(6, 4);
        private readonly Linear head = nn.Linear(8, 3);

        internal Classifier(bool tied)
            : base(nameof(Classifier))
        {
            if (tied)
                Second.weight = First.weight!;
            register_module("first", First);
            register_module("second", Second);
            register_module("head", head);
        }

        internal Parameter Head => head.weight!;

        public override Tensor forward(Tensor input) =>
            head.call(cat([First.call(input.select(1, 0)), Second.call(input.select(1, 1))], 1));
    }

    private static (Classifier Model, Tensor Numbers, Tensor Labels) Made(bool tied = false)
    {
        random.manual_seed(3);
        var model = new Classifier(tied);
        return (model, randint(0, 6, [20, 2]), randint(0, 3, [20]));
    }

    /// <summary>One step, of the optimiser's own or in the ordinary loop.</summary>
    private static void Step(
        CurvatureOptimizer optimizer,
        Classifier model,
        Tensor numbers,
        Tensor labels,
        bool ordinary
    )
    {
        if (ordinary)
        {
            optimizer.zero_grad();
            nn.functional.cross_entropy(model.call(numbers), labels).backward();
            optimizer.step();
        }
        else
            optimizer.Step(numbers, labels).Dispose();
    }

    private static Tensor Copy(Parameter? parameter) => parameter!.detach().clone();

    private static double Moved(Parameter? parameter, Tensor before) =>
        (parameter!.detach() - before).abs().max().ToDouble();

    public static TheoryData<bool, bool> Ways =>
        new()
        {
            { false, false },
            { false, true },
            { true, false },
            { true, true },
        };

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_group_of_an_embeddings_weight_has_its_settings(bool tied, bool ordinary)
    {
        using var scope = NewDisposeScope();
        foreach (var bySecond in new[] { false, true })
        {
            var (model, numbers, labels) = Made(tied);
            var table = bySecond ? model.Second : model.First;
            var (before, head) = (Copy(table.weight), Copy(model.Head));
            var other = Copy(model.First.weight);
            using var optimizer = new FoofOptimizer(
                model,
                learningRate: 0.1,
                options: new() { Groups = [new([table.weight!], learningRate: Still)] }
            );
            Step(optimizer, model, numbers, labels, ordinary);
            Assert.True(Moved(table.weight, before) < 1e-6);
            Assert.True(Moved(model.Head, head) > 1e-4);
            Assert.Equal(tied || !bySecond, Moved(model.First.weight, other) < 1e-6);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_embeddings_weight_is_in_one_group_only(bool tied)
    {
        using var scope = NewDisposeScope();
        var (model, _, _) = Made(tied);
        using var optimizer = new FoofOptimizer(model);
        foreach (var weight in new[] { model.First.weight!, model.Second.weight! })
        {
            var error = Assert.Throws<ArgumentException>(() => optimizer.add_param_group(new ParameterGroup([weight])));
            Assert.Contains("one group only", error.Message);
        }
        Assert.Single(optimizer.ParamGroups);
        Assert.Throws<ArgumentException>(() =>
        {
            using var made = new FoofOptimizer(
                model,
                options: new() { Groups = [new([model.First.weight!]), new([model.First.weight!])] }
            );
        });
    }

    private sealed class Tied : nn.Module<Tensor, Tensor>
    {
        internal Embedding Table { get; } = nn.Embedding(6, 4);
        internal Linear Head { get; } = nn.Linear(4, 6, hasBias: false);
        private readonly Linear mix = nn.Linear(4, 4, hasBias: false);

        internal Tied()
            : base(nameof(Tied))
        {
            Head.weight = Table.weight!;
            register_module("table", Table);
            register_module("mix", mix);
            register_module("head", Head);
        }

        public override Tensor forward(Tensor input) => Head.call(mix.call(Table.call(input)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_head_that_is_tied_to_an_embedding_moves_once_by_its_gradient(bool ordinary)
    {
        using var scope = NewDisposeScope();
        var model = new Tied();
        var (numbers, labels) = (randint(0, 6, [20]), randint(0, 6, [20]));
        using var optimizer = new FoofOptimizer(model, learningRate: 0.1);
        Assert.Equal(["table.weight", "mix.weight"], optimizer.Coverage.Select(line => line.Parameter));
        Assert.Equal(2, optimizer.parameters().Count());
        nn.functional.cross_entropy(model.call(numbers), labels).backward();
        var expected = Copy(model.Table.weight) - 0.1 * model.Table.weight!.grad!.clone();
        if (ordinary)
            optimizer.step();
        else
            optimizer.Step(numbers, labels).Dispose();
        Assert.True((expected - Copy(model.Table.weight)).abs().max().ToDouble() < 1e-6);
        Assert.True((expected - Copy(model.Head.weight)).abs().max().ToDouble() < 1e-6);
    }

    [Fact]
    public void A_group_that_the_optimiser_is_made_with_is_of_the_model()
    {
        using var scope = NewDisposeScope();
        var (model, _, _) = Made();
        var strange = new Parameter(randn(3, 3));
        var error = Assert.Throws<ArgumentException>(() =>
        {
            using var made = new FoofOptimizer(model, options: new() { Groups = [new([model.Head]), new([strange])] });
        });
        Assert.Contains("group 2 holds a parameter [3; 3] of none", error.Message);
        Assert.Contains("add_param_group", error.Message);
    }

    private sealed class Given(params Func<ParameterGradient>[] entries) : IPenalty
    {
        public IReadOnlyList<ParameterGradient> Gradients() => [.. entries.Select(entry => entry())];
    }

    private static ParameterGradient Pull(Parameter parameter) => new(parameter, full_like(parameter, 100));

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_penalty_may_read_an_embeddings_weight(bool tied, bool ordinary)
    {
        using var scope = NewDisposeScope();
        double After(Func<Classifier, Parameter>? of)
        {
            var (model, numbers, labels) = Made(tied);
            var before = Copy(model.First.weight);
            using var optimizer = new FoofOptimizer(model, learningRate: 0.1)
            {
                Penalty = of is null ? null : new Given(() => Pull(of(model))),
            };
            Step(optimizer, model, numbers, labels, ordinary);
            return Moved(model.First.weight, before);
        }
        var listed = After(model => model.First.get_parameter("weight")!);
        Assert.Equal(listed, After(model => model.First.weight!));
        Assert.True(listed > 5 * After(null));
        if (tied)
            Assert.Equal(listed, After(model => model.Second.weight!));
    }

    [Fact]
    public void A_penalty_leaves_the_gradients_of_the_ordinary_loop_as_they_are()
    {
        using var scope = NewDisposeScope();
        var (model, numbers, labels) = Made();
        using var optimizer = new FoofOptimizer(model, learningRate: 0.1)
        {
            Penalty = new Given(() => Pull(model.Head)),
        };
        nn.functional.cross_entropy(model.call(numbers), labels).backward();
        var before = model.parameters().Select(own => own.grad!.clone()).ToArray();
        var head = Copy(model.Head);
        optimizer.step();
        Assert.True(Moved(model.Head, head) > 1);
        Assert.All(
            model.parameters().Zip(before),
            pair => Assert.True(pair.First.grad!.equal(pair.Second).all().ToBoolean())
        );
    }

    [Fact]
    public void A_penalty_with_an_entry_of_no_parameter_is_refused()
    {
        using var scope = NewDisposeScope();
        var (model, numbers, labels) = Made();
        var strange = new Parameter(randn(3, 3));
        using var optimizer = new FoofOptimizer(model)
        {
            Penalty = new Given(() => Pull(model.Head), () => Pull(strange)),
        };
        var before = Toy.Weights(model);
        foreach (var ordinary in new[] { false, true })
        {
            var error = Assert.Throws<InvalidOperationException>(() =>
                Step(optimizer, model, numbers, labels, ordinary)
            );
            Assert.Contains("of its 2 gradients, 1 belong to no parameter", error.Message);
        }
        Assert.Equal(before, Toy.Weights(model));
    }

    [Fact]
    public void A_penalty_gives_a_shared_weight_once()
    {
        using var scope = NewDisposeScope();
        var (model, numbers, labels) = Made(tied: true);
        using var optimizer = new FoofOptimizer(model)
        {
            Penalty = new Given(() => Pull(model.First.weight!), () => Pull(model.Second.weight!)),
        };
        var error = Assert.Throws<InvalidOperationException>(() =>
            Step(optimizer, model, numbers, labels, ordinary: false)
        );
        Assert.Contains("a parameter [6; 4] came twice", error.Message);
    }

    [Fact]
    public void A_shared_weight_has_one_momentum_and_keeps_it()
    {
        using var scope = NewDisposeScope();
        var (model, numbers, labels) = Made(tied: true);
        using var optimizer = new FoofOptimizer(model, options: new() { Momentum = 0.9 });
        Step(optimizer, model, numbers, labels, ordinary: false);
        var state = optimizer.State();
        Assert.Single(
            state.Keys,
            name => name.EndsWith("momentum") && (name.Contains("first") || name.Contains("second"))
        );
        var copies = state.ToDictionary(pair => pair.Key, pair => pair.Value.clone());
        var weights = model.parameters().Select(Copy).ToArray();
        Step(optimizer, model, numbers, labels, ordinary: false);
        var expected = Toy.Weights(model);
        using (no_grad())
            foreach (var (parameter, saved) in model.parameters().Zip(weights))
                parameter.copy_(saved);
        optimizer.Restore(copies);
        Step(optimizer, model, numbers, labels, ordinary: false);
        Assert.Equal(expected, Toy.Weights(model));
    }
}
