using static TorchSharp.torch;

namespace Foof.Torch.Tests;

public class RandomTests
{
    private static readonly (string Name, Func<Generator?, Tensor> Draw)[] Sources =
    [
        ("rand", g => rand(50, generator: g)),
        ("randn", g => randn(5, 10, generator: g)),
        ("randint", g => randint(0, 1000, [50], generator: g)),
        ("randperm", g => randperm(50, generator: g)),
        ("normal", g => normal(1, 2, [50], generator: g)),
        ("normal of tensors", g => normal(zeros(50), ones(50), g)),
        ("normal_", g => empty(50).normal_(generator: g)),
        ("uniform_", g => empty(50).uniform_(0, 1, g)),
        ("exponential_", g => empty(50).exponential_(generator: g)),
        ("random_", g => empty(50).random_(0, 1000, g)),
        ("bernoulli", g => full(50, 0.5).bernoulli(g)),
        ("bernoulli_", g => empty(50).bernoulli_(0.5, g)),
        ("multinomial", g => ones(50).multinomial(40, generator: g)),
        ("poisson", g => full(50, 9.0).poisson(g)),
    ];

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Sources.Length)];

    [Theory, MemberData(nameof(Numbers))]
    public void The_same_seed_gives_the_same_numbers(int number)
    {
        using var scope = NewDisposeScope();
        var draw = Sources[number].Draw;
        using var first = new Generator(3);
        using var second = new Generator(3);
        using var other = new Generator(4);
        var drawn = draw(first);
        Assert.True(drawn.Equals(draw(second)));
        Assert.False(drawn.Equals(draw(first)));
        Assert.False(drawn.Equals(draw(other)));
    }

    [Theory, MemberData(nameof(Numbers))]
    public void A_generator_leaves_the_default_one_alone(int number)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var before = get_rng_state();
        Sources[number].Draw(generator);
        Assert.True(before.Equals(get_rng_state()));
        Sources[number].Draw(null);
        Assert.False(before.Equals(get_rng_state()));
    }

    [Theory, MemberData(nameof(Numbers))]
    public void Seeding_the_default_generator_repeats_its_numbers(int number)
    {
        using var scope = NewDisposeScope();
        manual_seed(11).Dispose();
        var drawn = Sources[number].Draw(null);
        manual_seed(11).Dispose();
        Assert.True(drawn.Equals(Sources[number].Draw(null)));
    }

    [Fact]
    public void Numbers_lie_where_they_should()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var uniform = rand(1000, generator: generator);
        Assert.True((uniform >= 0).all().ToBoolean() && (uniform < 1).all().ToBoolean());
        var integers = randint(3, 6, [1000], generator: generator);
        Close.Equal([3, 4, 5], integers.unique().output);
        Assert.Equal(ScalarType.Int64, integers.dtype);
        Close.Equal(arange(20), randperm(20, generator: generator).sort().Values);
        var normal = torch.normal(5, 2, [10000], float64, generator: generator);
        // Five standard errors of the mean.
        Assert.InRange(normal.mean().item<double>(), 5 - 0.1, 5 + 0.1);
        Assert.InRange(normal.std().item<double>(), 2 - 0.08, 2 + 0.08);
        Close.Equal(
            [1, 1],
            tensor(
                    new[,]
                    {
                        { 0.0, 1.0 },
                        { 0.0, 1.0 },
                    }
                )
                .multinomial(1, generator: generator)
        );
    }

    [Fact]
    public void Single_draws_come_from_the_generator()
    {
        using var generator = new Generator(9);
        var drawn = (rand_float(generator), randn_float(generator), randint_int(3, 9, generator));
        generator.manual_seed(9);
        Assert.Equal(drawn, (rand_float(generator), randn_float(generator), randint_int(3, 9, generator)));
        Assert.InRange(drawn.Item1, 0, 1);
        Assert.InRange(drawn.Item3, 3, 8);
        Assert.InRange(randint_long(5, generator), 0, 4);
    }
}
