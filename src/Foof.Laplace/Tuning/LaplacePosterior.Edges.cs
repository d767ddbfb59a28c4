namespace Foof;

// Choices that end where the search for them ends.
public sealed partial class LaplacePosterior
{
    private const string EdgePrefix = "The validation data do not determine the";
    private const string PrecisionEdge = $"{EdgePrefix} prior precision:";
    private const string TemperatureEdge = $"{EdgePrefix} temperature:";
    private const string NoiseEdge = $"{EdgePrefix} observation noise:";

    private const string NoUncertainty = "there the posterior adds no uncertainty to the network's own prediction";
    private const string AllUncertainty = "there predictions are as uncertain as the posterior can make them";

    /// <summary>
    /// Replaces the warning with this prefix: there is one if an end of the search is as good as its best value.
    /// </summary>
    private void NoteEnds(string prefix, SearchResult found, string atLeast, string atMost)
    {
        Forget(prefix);
        if (!found.IsLeastBest && !found.IsMostBest)
            return;
        var (end, value, meaning) = found.IsMostBest
            ? ("largest", found.Most, atMost)
            : ("smallest", found.Least, atLeast);
        Warn(
            $"{prefix} no other value makes them more likely than {FormattableString.Invariant($"{value:G3}")}, the {end} "
                + $"that was tried, and {meaning}; set a value, or use more validation data."
        );
    }

    private void Forget(string prefix) =>
        warnings.RemoveAll(warning => warning.StartsWith(prefix, StringComparison.Ordinal));
}
