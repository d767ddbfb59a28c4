namespace Foof;

/// <summary>
/// How predictions are made: from which outputs, and by which approximation of class probabilities.
/// </summary>
/// <example>
/// <code>
/// var options = new PredictionOptions { Type = PredictionType.SampledWeights, Samples = 30 };
/// using var prediction = posterior.Predict(testInputs, options);
/// </code>
/// </example>
public sealed record PredictionOptions
{
    /// <summary>Which outputs predictions are made from [Linearised].</summary>
    public PredictionType Type { get; init; } = PredictionType.Linearised;

    /// <summary>
    /// How outputs become class probabilities; null means <see cref="LinkApproximation.Probit"/> for
    /// linearised outputs, and <see cref="LinkApproximation.MonteCarlo"/> for sampled weights, which allow no
    /// other. For losses without classes, Probit and LaplaceBridge raise an ArgumentException when a prediction
    /// is made.
    /// </summary>
    public LinkApproximation? Link { get; init; }

    /// <summary>
    /// How many samples of weights or outputs are drawn, at least 1 [100]. Linearised predictions of several
    /// classes always draw samples of the outputs, for <see cref="Prediction.ProbabilityVariance"/>.
    /// </summary>
    public int Samples { get; init; } = 100;

    /// <summary>
    /// The seed of the samples, any number: predictions with the same seed use the same samples [42].
    /// TorchSharp's default generator is neither used nor changed.
    /// </summary>
    public long Seed { get; init; } = 42;

    /// <summary>
    /// The largest number of bytes that samples of weights take at a time, that linearised predictions take for some
    /// data points of a batch at a time, and that tuning by validation data keeps of its batches, at least 1 [512 MiB].
    /// What does not fit is computed again whenever it is needed; one sample, or one data point, is always taken.
    /// </summary>
    public long MemoryBudget { get; init; } = LaplaceOptions.DefaultMemoryBudget;

    /// <summary>
    /// Raises if an option is out of its range or not available for this likelihood; the message names the
    /// first one.
    /// </summary>
    /// <exception cref="ArgumentException">An option is refused.</exception>
    internal void Require(Likelihood likelihood)
    {
        Argument.AtLeast(1, Samples, nameof(Samples));
        Argument.Known(Type, nameof(Type));
        Argument.Known(Link ?? LinkApproximation.Probit, nameof(Link));
        Argument.AtLeast(1, MemoryBudget, nameof(MemoryBudget));
        if (Link is null)
            return;
        if (Type == PredictionType.SampledWeights && Link != LinkApproximation.MonteCarlo)
            throw Refused(
                $"Link must be MonteCarlo or left out for SampledWeights, whose probabilities are means over networks; got "
                    + $"{Link}."
            );
        if (!likelihood.IsCategorical && !likelihood.IsBernoulli)
            throw Refused(
                $"Link must be left out for {Likelihoods.Of(likelihood)}, whose predictions have no class probabilities; "
                    + $"got {Link}."
            );
        if (likelihood.IsBernoulli && Link == LinkApproximation.LaplaceBridge)
            throw Refused(
                $"Link must be Probit or MonteCarlo for {Loss.BinaryCrossEntropy}, which has no softmax; got {Link}."
            );
    }

    private static ArgumentException Refused(string sentence, string option = nameof(Link)) => new(sentence, option);
}
