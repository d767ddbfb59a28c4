namespace Foof.Cli.Reproduce;

/// <summary>A setting that was tried.</summary>
/// <param name="LearningRate">The size of a step.</param>
/// <param name="Damping">The damping; null if the method has none.</param>
/// <param name="Loss">The final training loss; null if the run diverged.</param>
internal sealed record GridCell(double LearningRate, double? Damping, double? Loss);

/// <summary>What a search found.</summary>
/// <param name="Cells">Every setting that was tried, in order.</param>
/// <param name="Best">The one with the lowest loss; the first one if all diverged.</param>
/// <param name="IsComplete">Whether the best one's neighbours were all tried, so that it lies at no edge.</param>
internal sealed record Grid(IReadOnlyList<GridCell> Cells, GridCell Best, bool IsComplete);

/// <summary>
/// Looks for the best setting of a grid without edges: from the best one so far on, its neighbours are tried until they
/// are all worse. Learning rates and dampings that move together are neighbours, too, since their ratio decides the
/// length of a step.
/// </summary>
/// <param name="evaluate">The final training loss of a learning rate and a damping; null if the run diverged.</param>
/// <param name="limit">How many settings are tried at most.</param>
internal sealed class GridSearch(Func<double, double?, double?> evaluate, int limit)
{
    private const int PlacesOfTen = 2;
    private static readonly (int Rate, int Damping)[] OfBoth = [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1)];
    private static readonly (int Rate, int Damping)[] OfRate = [(1, 0), (-1, 0)];

    private readonly Dictionary<(int Rate, int Damping), GridCell> tried = [];

    /// <summary>Searches.</summary>
    /// <param name="learningRate">The learning rate to start with.</param>
    /// <param name="damping">The damping to start with; null if the method has none.</param>
    /// <param name="ratesOnly">Whether the damping stays.</param>
    internal Grid From(double learningRate, double? damping, bool ratesOnly = false)
    {
        var steps = damping is null || ratesOnly ? OfRate : OfBoth;
        var best = (Rate: Lattice.Place(learningRate), Damping: Lattice.Place(damping ?? 1));
        Try(best, damping is not null);
        // A tenth of the step, until one does not diverge.
        while (tried[best].Loss is null && tried.Count < limit)
        {
            best = (best.Rate - PlacesOfTen, best.Damping);
            Try(best, damping is not null);
        }
        while (true)
        {
            var center = best;
            foreach (var step in steps)
            {
                if (tried.Count >= limit)
                    break;
                var next = (center.Rate + step.Rate, center.Damping + step.Damping);
                Try(next, damping is not null);
                // A better setting is followed at once, which spares the neighbours of a worse one.
                if (Loss(next) < Loss(best))
                    best = next;
                if (best != center)
                    break;
            }
            if (best == center)
                return new(
                    [.. tried.Values],
                    tried[best],
                    Array.TrueForAll(
                        steps,
                        step => tried.ContainsKey((best.Rate + step.Rate, best.Damping + step.Damping))
                    )
                );
        }
    }

    private void Try((int Rate, int Damping) place, bool hasDamping)
    {
        if (tried.ContainsKey(place))
            return;
        var rate = Lattice.Value(place.Rate);
        double? damping = hasDamping ? Lattice.Value(place.Damping) : null;
        tried[place] = new(rate, damping, evaluate(rate, damping));
    }

    private double Loss((int Rate, int Damping) place) => tried[place].Loss ?? double.PositiveInfinity;
}
