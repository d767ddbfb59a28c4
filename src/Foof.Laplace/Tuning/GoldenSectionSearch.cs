namespace Foof;

/// <summary>Finds the minimum of a function of a positive number, searching over its logarithm.</summary>
internal static class GoldenSectionSearch
{
    private const double Golden = 0.618033988749895;

    /// <summary>
    /// Searches a grid, then uses golden section between the neighbours of the grid's best point.
    /// </summary>
    /// <param name="loss">The function; NaN and infinity are worse than any number.</param>
    /// <param name="grid">Increasing values, at least one.</param>
    /// <param name="steps">How often the interval is narrowed.</param>
    /// <returns>The best value of all that were tried; there are grid.Count + steps + 2 evaluations.</returns>
    /// <exception cref="NumericalFailure">The function is not finite at any value of the grid.</exception>
    internal static double Minimise(Func<double, double> loss, IReadOnlyList<double> grid, int steps)
    {
        var losses = grid.Select(x => Finite(loss(x))).ToArray();
        var best = Array.IndexOf(losses, losses.Min());
        if (double.IsPositiveInfinity(losses[best]))
            throw new NumericalFailure(
                "it is not a number at any value that was tried",
                "the validation loss",
                "check the validation data and the weights"
            );
        var (low, high) = (Math.Log(grid[Math.Max(0, best - 1)]), Math.Log(grid[Math.Min(grid.Count - 1, best + 1)]));
        var (found, least) = (grid[best], losses[best]);
        var (left, right) = (high - Golden * (high - low), low + Golden * (high - low));
        var (atLeft, atRight) = (At(left), At(right));
        for (var step = 0; step < steps; step++)
            if (atLeft < atRight)
            {
                (high, right, atRight) = (right, left, atLeft);
                left = high - Golden * (high - low);
                atLeft = At(left);
            }
            else
            {
                (low, left, atLeft) = (left, right, atRight);
                right = low + Golden * (high - low);
                atRight = At(right);
            }
        return found;

        double At(double x)
        {
            var value = Finite(loss(Math.Exp(x)));
            if (value < least)
                (found, least) = (Math.Exp(x), value);
            return value;
        }
    }

    private static double Finite(double value) => double.IsFinite(value) ? value : double.PositiveInfinity;
}
