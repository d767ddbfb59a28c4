namespace Foof;

/// <summary>Which labels the Fisher's gradients are taken at (MATH 2).</summary>
/// <example>
/// <code>var options = new CurvatureOptions { FisherType = FisherType.MonteCarlo, SampledLabels = 2 };</code>
/// </example>
public enum FisherType
{
    /// <summary>
    /// The expectation over all labels, which is the generalised Gauss-Newton matrix: n C columns for n data
    /// points and C classes.
    /// </summary>
    Ggn,

    /// <summary>Labels sampled from the model, k for each data point: unbiased, n k columns.</summary>
    MonteCarlo,

    /// <summary>
    /// The data's own labels: n columns. It is not the Fisher, though often called so (Kunstner et al. 2019).
    /// </summary>
    Empirical,
}

/// <summary>Converts between the core's cases of the Fisher and <see cref="FisherType"/>.</summary>
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

    /// <summary>The number of sampled labels per data point; 0 if labels are not sampled.</summary>
    internal static int Samples(Fisher fisher) => fisher is Fisher.MonteCarlo { samples: var samples } ? samples : 0;
}
