namespace Foof;

// Choices that end where the search for them ends.
public sealed partial class LaplacePosterior
{
    private const string NoUncertainty = "there the posterior adds no uncertainty to the network's own prediction";
    private const string AllUncertainty = "there predictions are as uncertain as the posterior can make them";

    /// <summary>
    /// Replaces the warning about this topic: there is one if an end of the search is as good as its best value.
    /// </summary>
    private void NoteEnds(WarningTopic topic, SearchResult found, string atLeast, string atMost)
    {
        warnings.Forget(topic);
        if (!found.IsLeastBest && !found.IsMostBest)
            return;
        var (end, value, meaning) = found.IsMostBest
            ? ("largest", found.Most, atMost)
            : ("smallest", found.Least, atLeast);
        var chosen = topic switch
        {
            WarningTopic.EdgeOfPrecision => "prior precision",
            WarningTopic.EdgeOfTemperature => "temperature",
            _ => "observation noise",
        };
        Warn(
            topic,
            $"The validation data do not determine the {chosen}: no other value makes them more likely than {FormattableString.Invariant($"{value:G3}")}, the {end} "
                + $"that was tried, and {meaning}; set a value, or use more validation data."
        );
    }
}
