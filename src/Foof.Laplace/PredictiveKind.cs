namespace Foof;

/// <summary>How the network's outputs under the posterior become predictions.</summary>
/// <example>
/// <code>using var prediction = posterior.Predict(images, new() { Kind = PredictiveKind.MonteCarlo });</code>
/// </example>
public enum PredictiveKind
{
    /// <summary>Linearised; softmax of outputs scaled by their variances (MacKay 1992).</summary>
    Probit,

    /// <summary>Linearised; a Dirichlet distribution whose mean is taken (Hobbhahn et al. 2022).</summary>
    Bridge,

    /// <summary>Linearised; the mean over samples of the outputs.</summary>
    SampledOutputs,

    /// <summary>The mean over networks whose weights are samples of the posterior.</summary>
    MonteCarlo,
}
