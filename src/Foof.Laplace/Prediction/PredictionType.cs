namespace Foof;

/// <summary>Whose outputs a prediction is made of.</summary>
/// <example>
/// <code>
/// using var prediction = posterior.Predict(images, new() { Type = PredictionType.SampledWeights });
/// </code>
/// </example>
public enum PredictionType
{
    /// <summary>
    /// The network linearised around theta*: f ~ N(f*, J Sigma J^T) with the Jacobian J and the posterior's
    /// covariance Sigma, one forward pass and C backward passes a batch (Immer et al. 2021).
    /// </summary>
    Linearised,

    /// <summary>Networks whose weights are samples of the posterior, a forward pass for each.</summary>
    SampledWeights,
}
