namespace Foof;

/// <summary>Whose labels the Fisher's gradients are taken at.</summary>
/// <example>
/// <code>var options = new CurvatureOptions { Labels = FisherLabels.Sampled, SampledLabels = 2 };</code>
/// </example>
public enum FisherLabels
{
    /// <summary>The expectation over all labels, the generalised Gauss-Newton matrix: n C columns.</summary>
    All,

    /// <summary>
    /// Labels that are sampled from the model, k for each data point: unbiased, n k columns.
    /// </summary>
    Sampled,

    /// <summary>
    /// The data's own. Not the Fisher, though often called so: n columns. (Kunstner et al. 2019)
    /// </summary>
    Given,
}
