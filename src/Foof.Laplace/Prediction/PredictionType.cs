namespace Foof;

/// <summary>Which outputs a prediction is made from.</summary>
/// <example>
/// <code>
/// using var prediction = posterior.Predict(images, new() { Type = PredictionType.SampledWeights });
/// </code>
/// </example>
public enum PredictionType
{
    /// <summary>
    /// The network linearised around theta*: f ~ N(f*, J Sigma J^T) with the Jacobian J and the posterior's
    /// covariance Sigma; one forward pass and C backward passes per batch (Immer et al. 2021).
    /// </summary>
    Linearised,

    /// <summary>
    /// Networks whose weights are samples of the posterior; one forward pass per sample and batch, in which the
    /// model holds the sampled weights.
    /// </summary>
    SampledWeights,
}
