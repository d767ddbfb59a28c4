namespace Foof;

/// <summary>
/// How predictions are made: of which outputs, and by which approximation of their probabilities.
/// </summary>
/// <example>
/// <code>
/// var options = new PredictionOptions { Type = PredictionType.SampledWeights, Samples = 30 };
/// using var prediction = posterior.Predict(testInputs, options);
/// </code>
/// </example>
public sealed record PredictionOptions
{
    /// <summary>Whose outputs [Linearised].</summary>
    public PredictionType Type { get; init; } = PredictionType.Linearised;

    /// <summary>
    /// How they become class probabilities; null: <see cref="LinkApproximation.Probit"/> of linearised
    /// outputs, and <see cref="LinkApproximation.MonteCarlo"/> of sampled weights, which have no other.
    /// </summary>
    public LinkApproximation? Link { get; init; }

    /// <summary>How many samples of weights or outputs are drawn, where some are [100].</summary>
    public int Samples { get; init; } = 100;

    /// <summary>Decides the samples, which are the same for each prediction with it [42].</summary>
    public long Seed { get; init; } = 42;

    /// <summary>
    /// The most bytes that samples of weights take at once, and the most that tuning by validation data keeps
    /// of all its batches [512 MiB]. What exceeds it is computed once more each time that it is needed.
    /// </summary>
    public long MemoryBudget { get; init; } = LaplaceOptions.DefaultMemoryBudget;

    /// <summary>
    /// Raises one sentence about the first option that is out of its range or not one of this likelihood's.
    /// </summary>
    internal void Require(Likelihood likelihood)
    {
        Foof.Require.atLeast("the number of samples", 1, Samples);
        Argument.Known(Type, nameof(Type));
        Argument.Known(Link ?? LinkApproximation.Probit, nameof(Link));
        Argument.AtLeast(1, MemoryBudget, nameof(MemoryBudget));
        if (Link is null or LinkApproximation.MonteCarlo)
            return;
        if (Type == PredictionType.SampledWeights)
            throw new ArgumentException(
                $"Link must be MonteCarlo or left out for SampledWeights, whose probabilities are means over networks; got "
                    + $"{Link}."
            );
        if (!likelihood.IsCategorical && !likelihood.IsBernoulli)
            throw new ArgumentException(
                $"Link must be left out for {Likelihoods.Of(likelihood)}, whose predictions have no class probabilities; "
                    + $"got {Link}."
            );
        if (likelihood.IsBernoulli && Link == LinkApproximation.LaplaceBridge)
            throw new ArgumentException(
                $"Link must be Probit or MonteCarlo for {Loss.BinaryCrossEntropy}, which has no softmax; got {Link}."
            );
    }
}
