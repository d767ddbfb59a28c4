namespace Foof;

/// <summary>
/// How uncertain outputs f ~ N(f*, V) become class probabilities, E[softmax(f)] or E[sigmoid(f)].
/// </summary>
/// <example>
/// <code>using var prediction = posterior.Predict(images, new() { Link = LinkApproximation.LaplaceBridge });</code>
/// </example>
public enum LinkApproximation
{
    /// <summary>softmax(f_c / sqrt(1 + pi/8 V_cc)), or the sigmoid of that (MacKay 1992).</summary>
    Probit,

    /// <summary>
    /// The mean of the Dirichlet distribution whose Laplace approximation is N(f*, V) (Hobbhahn et al. 2022);
    /// only for the softmax.
    /// </summary>
    LaplaceBridge,

    /// <summary>The mean over <see cref="PredictionOptions.Samples"/> samples of f.</summary>
    MonteCarlo,
}
