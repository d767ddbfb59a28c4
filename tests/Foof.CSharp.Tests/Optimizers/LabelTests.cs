using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>The labels that a method samples come from a sequence of the optimiser's own.</summary>
public sealed class LabelTests
{
    private const int Count = 6;

    public static TheoryData<string> Sampling =>
        ["kfac", "kfac-standard", "kfac-reduce", "ekfac", "natural", "natural-blocks"];

    private static UpdateOptions By(Generator? generator) => new() { Generator = generator };

    /// <summary>
    /// The weights after some steps, before each of which the default generator has another state.
    /// </summary>
    private static float[] Trained(Generator? generator)
    {
        using var scope = NewDisposeScope();
        var (model, batches) = (Toy.Model(), Toy.Batches(Count));
        manual_seed(11);
        using var optimizer = new KfacOptimizer(model, learningRate: Toy.Rate, options: By(generator));
        foreach (var (step, batch) in batches.Index())
        {
            manual_seed(step + 100);
            optimizer.Steps([batch]);
        }
        return Toy.Weights(model);
    }

    [Fact]
    public void Equal_generators_give_equal_bits()
    {
        using var one = new Generator(7);
        using var same = new Generator(7);
        using var other = new Generator(8);
        var expected = Trained(one);
        Assert.Equal(expected, Trained(same));
        Assert.NotEqual(expected, Trained(other));
        // Its next number differs.
        Assert.NotEqual(expected, Trained(one));
    }

    [Theory]
    [MemberData(nameof(Sampling))]
    public void An_equal_seed_of_the_default_generator_gives_equal_bits(string name)
    {
        using var scope = NewDisposeScope();
        var batches = Toy.Batches(Count);
        float[] Run(long seed, long later)
        {
            var model = Toy.Model();
            manual_seed(seed);
            using var optimizer = Toy.Facades[name](model);
            manual_seed(later);
            optimizer.Steps(batches);
            return Toy.Weights(model);
        }
        var first = Run(1, 5);
        Assert.Equal(first, Run(1, 6));
        Assert.NotEqual(first, Run(2, 5));
    }

    [Theory]
    [MemberData(nameof(Sampling))]
    public void A_restored_optimiser_repeats_its_labels_wherever_the_default_generator_is(string name)
    {
        using var scope = NewDisposeScope();
        using var folder = new Folder();
        var batches = Toy.Batches(Count);
        var (model, resumed) = (Toy.Model(), Toy.Model());
        using var optimizer = Toy.Facades[name](model);
        optimizer.Steps(batches.Take(3));
        optimizer.Save(folder["optimizer"]);
        var weights = model.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.clone());
        optimizer.Steps(batches.Skip(3));

        manual_seed(99);
        using var again = Toy.Facades[name](resumed);
        resumed.load_state_dict(weights);
        again.Load(folder["optimizer"], restoreRandomNumbers: false);
        manual_seed(98);
        again.Steps(batches.Skip(3));
        Assert.Equal(Toy.Weights(model), Toy.Weights(resumed));
    }

    [Fact]
    public void A_given_generator_is_used_for_one_number_and_the_default_one_for_none()
    {
        using var scope = NewDisposeScope();
        var (model, batches) = (Toy.Model(), Toy.Batches(Count));
        using var given = new Generator(7);
        using var same = new Generator(7);
        var before = given.get_state();
        var numbers = get_rng_state();
        using var optimizer = new KfacOptimizer(model, options: By(given));
        Assert.False(Equal(before, given.get_state()));
        var after = given.get_state();
        optimizer.Steps(batches);
        Assert.True(Equal(after, given.get_state()));
        Assert.True(Equal(numbers, get_rng_state()));
        using var another = new KfacOptimizer(model, options: By(same));
        Assert.True(Equal(after, same.get_state()));
    }

    [Fact]
    public void A_method_without_labels_of_its_own_draws_nothing()
    {
        using var scope = NewDisposeScope();
        var (model, batches) = (Toy.Model(), Toy.Batches(Count));
        using var given = new Generator(7);
        var (before, numbers) = (given.get_state(), get_rng_state());
        foreach (
            var optimizer in new CurvatureOptimizer[]
            {
                new FoofOptimizer(model, options: By(given)),
                new EvaOptimizer(model),
                new NaturalGradientOptimizer(model, fisher: NaturalGradientFisher.Ggn),
            }
        )
            using (optimizer)
                optimizer.Steps(batches);
        Assert.True(Equal(before, given.get_state()));
        Assert.True(Equal(numbers, get_rng_state()));
    }

    private static bool Equal(Tensor one, Tensor other) =>
        one.data<byte>().ToArray().AsSpan().SequenceEqual(other.data<byte>().ToArray());
}
