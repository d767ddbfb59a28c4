namespace Foof;

/// <summary>Finds the minimum of a function of a positive number, searching over its logarithm.</summary>
internal static class GoldenSectionSearch
{
    private const double Golden = 0.618033988749895;

    // Losses that differ by less are equal, up to rounding.
    private const double Same = 1e-6;

    /// <summary>
    /// Searches a grid, which is widened while its best point is at an end, then uses golden section between the
    /// neighbours of the best point.
    /// </summary>
    /// <param name="loss">
    /// The function; NaN and infinity are worse than any number, and off the grid a failure of the numbers is too.
    /// </param>
    /// <param name="grid">Increasing values in one ratio, at least two.</param>
    /// <param name="steps">How often the interval is narrowed.</param>
    /// <param name="wider">By how many points the grid may be widened at either end.</param>
    /// <returns>
    /// The best value of all that were tried; there are at most grid.Count + wider + steps + 2 evaluations.
    /// </returns>
    /// <exception cref="NumericalFailure">The function is not finite at any value of the grid.</exception>
    internal static SearchResult Minimise(Func<double, double> loss, IReadOnlyList<double> grid, int steps, int wider)
    {
        List<double> points = [.. grid];
        List<double> losses = [.. grid.Select(x => Finite(loss(x)))];
        var best = losses.IndexOf(losses.Min());
        if (double.IsPositiveInfinity(losses[best]))
            throw new NumericalFailure(
                "it is not a number at any value that was tried",
                "the validation loss",
                "check the validation data and the weights"
            );
        for (var more = 0; more < wider && (best == 0 || best == points.Count - 1); more++)
        {
            var ratio = points[1] / points[0];
            var isLow = best == 0;
            var next = isLow ? points[0] / ratio : points[^1] * ratio;
            var value = OrWorst(next);
            points.Insert(isLow ? 0 : points.Count, next);
            losses.Insert(isLow ? 0 : losses.Count, value);
            if (isLow)
                best = value < losses[1] ? 0 : 1;
            else if (value < losses[best])
                best++;
        }
        var (low, high) = (
            Math.Log(points[Math.Max(0, best - 1)]),
            Math.Log(points[Math.Min(points.Count - 1, best + 1)])
        );
        var (found, least) = (points[best], losses[best]);
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
        return new(found, points[0], points[^1], IsBest(losses[0]), IsBest(losses[^1]));

        bool IsBest(double value) => value - least <= Same * (1 + Math.Abs(least));

        double OrWorst(double x)
        {
            try
            {
                return Finite(loss(x));
            }
            catch (NumericalFailure)
            {
                return double.PositiveInfinity;
            }
        }

        double At(double x)
        {
            var value = OrWorst(Math.Exp(x));
            if (value < least)
                (found, least) = (Math.Exp(x), value);
            return value;
        }
    }

    private static double Finite(double value) => double.IsFinite(value) ? value : double.PositiveInfinity;
}

/// <summary>What a search found.</summary>
/// <param name="Value">The best value of all that were tried.</param>
/// <param name="Least">The smallest value of the grid.</param>
/// <param name="Most">The largest value of the grid.</param>
/// <param name="IsLeastBest">Whether the smallest value is as good as the best one, up to rounding.</param>
/// <param name="IsMostBest">Whether the largest value is as good as the best one, up to rounding.</param>
internal readonly record struct SearchResult(
    double Value,
    double Least,
    double Most,
    bool IsLeastBest,
    bool IsMostBest
);
