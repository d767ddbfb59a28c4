namespace Foof;

/// <summary>
/// The loss of a model's output, and with it the distribution whose curvature is computed. Every loss
/// is a mean over data points, which come first in input, output and target; entries and positions of one
/// data point are summed.
/// </summary>
/// <example>
/// <code>using var optimizer = new FoofOptimizer(model, Loss.SquaredError, learningRate: 0.1);</code>
/// </example>
public enum Loss
{
    /// <summary>
    /// -log softmax(output)_target, in nats. Output [n; C] or [n; C; positions...], target [n] or
    /// [n; positions...] with class indices of any whole type; -100 is ignored.
    /// </summary>
    CrossEntropy,

    /// <summary>
    /// 1/2 (output - target)², the negative logarithm of a Gaussian density of deviation 1. Both [n; ...].
    /// </summary>
    SquaredError,

    /// <summary>
    /// log(1 + exp output) - target output, in nats. Logits [n; ...] and targets [n; ...] in [0, 1].
    /// </summary>
    BinaryCrossEntropy,

    /// <summary>
    /// exp(output) - target output. Logarithms of rates [n; ...] and counts [n; ...] of at least 0.
    /// </summary>
    Poisson,
}

/// <summary>Converts between losses and the distributions whose negative logarithms they are.</summary>
internal static class Likelihoods
{
    /// <summary>
    /// Returns the distribution of a loss; only the squared error uses the standard deviation of the labels.
    /// </summary>
    internal static Likelihood Of(Loss loss, double observationNoise = 1.0) =>
        Argument.Known(loss) switch
        {
            Loss.CrossEntropy => Likelihood.Categorical,
            Loss.SquaredError => Likelihood.NewGaussian(Argument.Positive(observationNoise)),
            Loss.BinaryCrossEntropy => Likelihood.Bernoulli,
            _ => Likelihood.Poisson,
        };

    internal static Loss Of(Likelihood likelihood) =>
        likelihood switch
        {
            { IsCategorical: true } => Loss.CrossEntropy,
            { IsBernoulli: true } => Loss.BinaryCrossEntropy,
            { IsPoisson: true } => Loss.Poisson,
            _ => Loss.SquaredError,
        };

    /// <summary>The standard deviation of the labels; null unless one value applies to all entries.</summary>
    internal static double? Noise(Likelihood likelihood) =>
        likelihood is Likelihood.Gaussian { sigma: var sigma } ? sigma : null;
}
