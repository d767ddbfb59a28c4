using Foof.Cli.Reproduce;

namespace Foof.Cli.Tests.Reproduce;

public class GridSearchTests
{
    [Fact]
    public void The_lattice_has_1_and_3_times_the_powers_of_ten_as_they_are_written()
    {
        Assert.Equal([1e-2, 0.03, 0.1, 0.3, 1, 3, 10], Enumerable.Range(-4, 7).Select(Lattice.Value));
        foreach (var value in (double[])[1e-6, 3e-4, 0.003, 0.3, 1, 30, 1000])
            Assert.Equal(value, Lattice.Value(Lattice.Place(value)));
        Assert.Equal((0.1, 0.3), (Lattice.Value(Lattice.Place(0.12)), Lattice.Value(Lattice.Place(0.25))));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1e-4, 100)]
    [InlineData(300, 3e-5)]
    public void The_best_setting_is_found_wherever_the_search_starts(double rate, double damping)
    {
        // A valley along rate / damping, lowest at rate .03 and damping .001.
        static double? Loss(double rate, double? damping)
        {
            var (x, y) = (Math.Log10(rate / 0.03), Math.Log10(damping!.Value / 0.001));
            return 4 * (x - y) * (x - y) + x * x + y * y;
        }
        var grid = new GridSearch(Loss, 1000).From(rate, damping);
        Assert.Equal((0.03, 0.001), (grid.Best.LearningRate, grid.Best.Damping));
        Assert.True(grid.IsComplete);
    }

    [Fact]
    public void Settings_that_diverge_are_kept_and_never_chosen()
    {
        var grid = new GridSearch((rate, _) => rate > 0.2 ? null : -rate, 100).From(3, null);
        Assert.Equal(0.1, grid.Best.LearningRate);
        Assert.Contains(new GridCell(0.3, null, null), grid.Cells);
        Assert.All(grid.Cells, cell => Assert.Null(cell.Damping));
    }

    [Fact]
    public void A_search_that_ends_at_its_limit_says_so()
    {
        var grid = new GridSearch((rate, _) => rate, 3).From(1, 1);
        Assert.Equal((3, false), (grid.Cells.Count, grid.IsComplete));
    }

    [Fact]
    public void A_damping_that_stays_is_not_searched()
    {
        var grid = new GridSearch((rate, damping) => Math.Abs(rate - damping!.Value), 100).From(
            1,
            0.01,
            ratesOnly: true
        );
        Assert.Equal(0.01, grid.Best.LearningRate);
        Assert.All(grid.Cells, cell => Assert.Equal(0.01, cell.Damping));
    }
}
