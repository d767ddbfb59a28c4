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
