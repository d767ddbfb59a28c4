namespace Foof;

/// <summary>The distribution that each loss is the negative logarithm of.</summary>
internal static class Likelihoods
{
    internal static Likelihood Of(Loss loss) =>
        Argument.Known(loss) switch
        {
            Loss.CrossEntropy => Likelihood.Categorical,
            Loss.SquaredError => Likelihood.NewGaussian(1.0),
            Loss.BinaryCrossEntropy => Likelihood.Bernoulli,
            _ => Likelihood.Poisson,
        };
}
