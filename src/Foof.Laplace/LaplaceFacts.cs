namespace Foof;

/// <summary>What the data said when a posterior was fitted.</summary>
/// <example>
/// <code>
/// using var posterior = LaplacePosterior.Fit(model, Loss.CrossEntropy, batches);
/// Console.WriteLine($"{posterior.Facts.Points} of {posterior.Facts.DataPoints} data points");
/// </code>
/// </example>
public sealed record LaplaceFacts
{
    internal LaplaceFacts() { }

    /// <summary>What the network's output is measured by.</summary>
    public Loss Loss => Likelihoods.Of(Likelihood);

    /// <summary>
    /// The standard deviation of the labels from the output of <see cref="Loss.SquaredError"/>; null for
    /// others.
    /// </summary>
    public double? ObservationNoise => Likelihoods.Noise(Likelihood);

    /// <summary>How many data points the Fisher is of.</summary>
    public required long Points { get; init; }

    /// <summary>N: how many it counts for.</summary>
    public required long DataPoints { get; init; }

    /// <summary>log p(D | theta*) of all N, in nats; null where batches had no labels.</summary>
    public required double? LogLikelihood { get; init; }

    /// <summary>How many numbers the labels of all N are, for <see cref="Loss.SquaredError"/>.</summary>
    public required long Entries { get; init; }

    /// <summary>Whose labels the Fisher was taken at.</summary>
    public FisherLabels Labels => LabelRules.Of(Rule);

    /// <summary>How many labels each data point got where they were sampled, 0 where they were not.</summary>
    public int SampledLabels => LabelRules.Samples(Rule);

    /// <summary>Whether the last layer alone is covered.</summary>
    public required bool IsLastLayer { get; init; }

    /// <summary>
    /// Whether nothing of the Fisher is left out: the full one, of all labels of all N data points.
    /// </summary>
    public required bool IsWhole { get; init; }

    /// <summary>How the network's output speaks about labels.</summary>
    internal Likelihood Likelihood { get; init; } = Likelihood.Categorical;

    /// <summary>Whose labels, for the core.</summary>
    internal Fisher Rule { get; init; } = Fisher.Full;

    internal static LaplaceFacts Of(
        Likelihood likelihood,
        FittedCurvature fitted,
        long dataPoints,
        bool isLastLayer,
        bool isDense
    )
    {
        var entries = fitted.Entries * dataPoints / fitted.Points;
        var isWritten = isDense || fitted.Curvature is Curvature.LowRank;
        return new()
        {
            Likelihood = likelihood,
            Points = fitted.Points,
            DataPoints = dataPoints,
            LogLikelihood = -dataPoints * fitted.Loss - Normaliser(likelihood, entries),
            Entries = entries,
            Rule = fitted.Labels,
            IsLastLayer = isLastLayer,
            IsWhole = isWritten && fitted.Labels.IsFull && fitted.Points == dataPoints,
        };
    }

    /// <summary>What is known once further data came to them, at other weights.</summary>
    internal LaplaceFacts And(FittedCurvature fitted, long dataPoints) =>
        this with
        {
            Points = Points + fitted.Points,
            DataPoints = DataPoints + dataPoints,
            LogLikelihood = null,
            Entries = Entries + fitted.Entries * dataPoints / fitted.Points,
            Rule = Rule.Equals(fitted.Labels) ? Rule : Fisher.NewMonteCarlo(1),
            IsWhole = IsWhole && fitted.Labels.IsFull && fitted.Points == dataPoints,
        };

    /// <summary>What the loss leaves out of -log p of normal labels: 1/2 log(2 pi sigma^2) each.</summary>
    internal static double Normaliser(Likelihood likelihood, long entries) =>
        likelihood switch
        {
            Likelihood.Gaussian { sigma: var sigma } => entries * 0.5 * Math.Log(2 * Math.PI * sigma * sigma),
            Likelihood.GaussianPerOutput { sigma: var sigma } => sigma.Average(each =>
                entries * 0.5 * Math.Log(2 * Math.PI * each * each)
            ),
            _ => 0.0,
        };
}
