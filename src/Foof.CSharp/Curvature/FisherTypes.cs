namespace Foof;

/// <summary>Converts between the core's cases of the Fisher and <see cref="FisherType"/>.</summary>
internal static class FisherTypes
{
    internal static Fisher Of(FisherType fisherType, int sampledLabels) =>
        Argument.Known(fisherType) switch
        {
            FisherType.Ggn => Fisher.Full,
            FisherType.Empirical => Fisher.Empirical,
            _ => Fisher.NewMonteCarlo(Argument.AtLeast(1, sampledLabels)),
        };

    internal static FisherType Of(Fisher fisher) =>
        fisher.IsFull ? FisherType.Ggn
        : fisher.IsEmpirical ? FisherType.Empirical
        : FisherType.MonteCarlo;

    /// <summary>The number of sampled labels per data point; 0 if labels are not sampled.</summary>
    internal static int Samples(Fisher fisher) =>
        fisher is Fisher.MonteCarlo { samples: var samples } ? samples : 0;
}
