namespace Foof;

/// <summary>The core's cases of the Fisher for those of C#, and back.</summary>
internal static class FisherTypes
{
    internal static Fisher Of(FisherType fisherType, int sampledLabels) =>
        Argument.Known(fisherType) switch
        {
            FisherType.Ggn => Fisher.Ggn,
            FisherType.Empirical => Fisher.Empirical,
            _ => Fisher.NewMonteCarlo(Argument.AtLeast(1, sampledLabels)),
        };

    internal static FisherType Of(Fisher fisher) =>
        fisher.IsGgn ? FisherType.Ggn
        : fisher.IsEmpirical ? FisherType.Empirical
        : FisherType.MonteCarlo;

    /// <summary>How many labels a data point gets: 0 where none are sampled.</summary>
    internal static int Samples(Fisher fisher) =>
        fisher is Fisher.MonteCarlo { samples: var samples } ? samples : 0;
}
