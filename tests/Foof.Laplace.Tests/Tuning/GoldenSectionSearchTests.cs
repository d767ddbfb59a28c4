namespace Foof.Laplace.Tests;

public sealed class GoldenSectionSearchTests
{
    private static readonly double[] Grid = [0.01, 0.1, 1, 10, 100];

    [Theory]
    [InlineData(0.03)]
    [InlineData(4.0)]
    [InlineData(90.0)]
    [InlineData(0.0004)]
    [InlineData(30000.0)]
    public void The_smallest_value_is_found_between_points_of_the_grid(double best)
    {
        var found = GoldenSectionSearch.Minimise(x => Math.Pow(Math.Log(x / best), 2), Grid, 30, 3);
        Assert.Equal(best, found.Value, 1e-3 * best);
        Assert.False(found.IsLeastBest || found.IsMostBest);
    }

    [Fact]
    public void Values_that_are_not_numbers_are_worse_than_all_others()
    {
        var found = GoldenSectionSearch.Minimise(x => x < 5 ? double.NaN : x, Grid, 20, 3);
        Assert.InRange(found.Value, 5, 5.1);
        Assert.Throws<NumericalFailure>(() => GoldenSectionSearch.Minimise(_ => double.NaN, Grid, 5, 3));
    }

    [Fact]
    public void An_end_that_is_as_good_as_any_value_is_named()
    {
        var falling = GoldenSectionSearch.Minimise(x => -Math.Log(x), Grid, 5, 3);
        Assert.Equal(1e5, falling.Most, 1e-6);
        Assert.True(falling is { IsMostBest: true, IsLeastBest: false });
        var flat = GoldenSectionSearch.Minimise(x => 1 + Math.Exp(-1 / x), Grid, 5, 3);
        Assert.True(flat is { IsMostBest: false, IsLeastBest: true });
        var failing = GoldenSectionSearch.Minimise(
            x => x < 1e-3 ? throw new NumericalFailure("it fails", "the loss", "stop") : x,
            Grid,
            5,
            3
        );
        Assert.InRange(failing.Value, 1e-3, 2e-3);
    }
}
