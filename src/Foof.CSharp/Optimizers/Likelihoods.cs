namespace Foof;

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
