namespace Foof;

/// <summary>The distribution that each loss is the negative logarithm of.</summary>
internal static class Likelihoods
{
    /// <summary>
    /// With the deviation of the labels from the output, which the squared error alone has.
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

    /// <summary>The deviation of labels, where there is one for all entries.</summary>
    internal static double? Noise(Likelihood likelihood) =>
        likelihood is Likelihood.Gaussian { sigma: var sigma } ? sigma : null;
}
