namespace Foof.Laplace.Tests;

public sealed class GoldenSectionSearchTests
{
    private static readonly double[] Grid = [0.01, 0.1, 1, 10, 100];

    [Theory]
    [InlineData(0.03)]
    [InlineData(4.0)]
    [InlineData(90.0)]
    public void The_smallest_value_is_found_between_points_of_the_grid(double best)
    {
        var found = GoldenSectionSearch.Minimise(x => Math.Pow(Math.Log(x / best), 2), Grid, 30);
        Assert.Equal(best, found, 1e-3 * best);
    }

    [Fact]
    public void Values_that_are_not_numbers_are_worse_than_all_others()
    {
        var found = GoldenSectionSearch.Minimise(x => x < 5 ? double.NaN : x, Grid, 20);
        Assert.InRange(found, 5, 5.1);
        Assert.Throws<NumericalFailure>(() => GoldenSectionSearch.Minimise(_ => double.NaN, Grid, 5));
    }
}
