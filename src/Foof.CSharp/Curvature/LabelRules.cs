namespace Foof;

/// <summary>The core's rules of labels for those of C#, and back.</summary>
internal static class LabelRules
{
    internal static Fisher Of(FisherLabels labels, int sampledLabels) =>
        Argument.Known(labels) switch
        {
            FisherLabels.All => Fisher.Full,
            FisherLabels.Given => Fisher.Empirical,
            _ => Fisher.NewMonteCarlo(Argument.AtLeast(1, sampledLabels)),
        };

    internal static FisherLabels Of(Fisher rule) =>
        rule.IsFull ? FisherLabels.All
        : rule.IsEmpirical ? FisherLabels.Given
        : FisherLabels.Sampled;

    /// <summary>How many labels a data point gets, where they are sampled.</summary>
    internal static int Samples(Fisher rule) =>
        rule is Fisher.MonteCarlo { samples: var samples } ? samples : 0;
}
