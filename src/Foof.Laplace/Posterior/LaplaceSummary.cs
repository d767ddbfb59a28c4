namespace Foof;

/// <summary>
/// The facts about the data, the network and the Fisher when a posterior was fitted or last updated.
/// </summary>
/// <example>
/// <code>
/// using var posterior = LaplacePosterior.Fit(model, Loss.CrossEntropy, batches);
/// Console.WriteLine($"{posterior.Summary.Points} of {posterior.Summary.DataPoints} data points");
/// </code>
/// </example>
public sealed record LaplaceSummary
{
    internal LaplaceSummary() { }

    /// <summary>What is kept of the Fisher.</summary>
    public required CurvatureStructure Structure { get; init; }

    /// <summary>The loss of the network's output.</summary>
    public Loss Loss => Likelihoods.Of(Likelihood);

    /// <summary>
    /// sigma, the standard deviation of the labels around the output for <see cref="Loss.SquaredError"/>;
    /// null for other losses.
    /// </summary>
    public double? ObservationNoise => Likelihoods.Noise(Likelihood);

    /// <summary>
    /// The number of data points that the Fisher is a mean over, without those whose labels are all ignored;
    /// <see cref="LaplacePosterior.Update"/> adds those of its batches.
    /// </summary>
    public required long Points { get; init; }

    /// <summary>N, the number of data points that the Fisher stands for, the factor of F in N F.</summary>
    public required long DataPoints { get; init; }

    /// <summary>
    /// log p(D | theta*) of all N data points, in nats: N times the mean over the batches' points, with all
    /// constants of the density. Null if a batch had no labels, and after an update.
    /// </summary>
    public required double? LogLikelihood { get; init; }

    /// <summary>
    /// How many numbers the labels of all N data points have, for <see cref="Loss.SquaredError"/>: N times the
    /// outputs of one data point. 0 if there were no labels.
    /// </summary>
    public required long Entries { get; init; }

    /// <summary>
    /// Which labels the Fisher was taken at. If the posterior was fitted and updated with different ones, it is
    /// <see cref="FisherType.MonteCarlo"/>.
    /// </summary>
    public FisherType FisherType => FisherTypes.Of(Fisher);

    /// <summary>How many labels were sampled for each data point; 0 if labels were not sampled.</summary>
    public int SampledLabels => FisherTypes.Samples(Fisher);

    /// <summary>Whether only the last layer is covered of those that can be, by either way to select it.</summary>
    public required bool IsLastLayer { get; init; }

    /// <summary>
    /// Whether the whole Fisher is kept: <see cref="CurvatureStructure.LowRank"/> or <see
    /// cref="CurvatureStructure.Dense"/>, of all labels of all N data points.
    /// </summary>
    public required bool IsWhole { get; init; }

    /// <summary>The distribution of labels, given the network's output.</summary>
    internal Likelihood Likelihood { get; init; } = Likelihood.Categorical;

    /// <summary>The core's case of the Fisher.</summary>
    internal Fisher Fisher { get; init; } = Fisher.Ggn;

    internal static LaplaceSummary Of(
        CurvatureStructure structure,
        Likelihood likelihood,
        FittedCurvature fitted,
        long dataPoints,
        bool isLastLayer
    )
    {
        var entries = fitted.Entries * dataPoints / fitted.Points;
        var isExact = structure is CurvatureStructure.LowRank or CurvatureStructure.Dense;
        return new()
        {
            Structure = structure,
            Likelihood = likelihood,
            Points = fitted.Points,
            DataPoints = dataPoints,
            LogLikelihood = -dataPoints * fitted.Loss - Normaliser(likelihood, entries),
            Entries = entries,
            Fisher = fitted.Fisher,
            IsLastLayer = isLastLayer,
            IsWhole = isExact && fitted.Fisher.IsGgn && fitted.Points == dataPoints,
        };
    }

    /// <summary>Returns the summary after further data, at other weights.</summary>
    internal LaplaceSummary And(FittedCurvature fitted, long dataPoints, bool isWhole) =>
        this with
        {
            Points = Points + fitted.Points,
            DataPoints = DataPoints + dataPoints,
            LogLikelihood = null,
            Entries = Entries + fitted.Entries * dataPoints / fitted.Points,
            Fisher = LessExact(Fisher, fitted.Fisher),
            IsWhole = isWhole && IsWhole && fitted.Fisher.IsGgn && fitted.Points == dataPoints,
        };

    // All labels are more exact than sampled ones, many samples than few, and these than the data's own labels.
    private static Fisher LessExact(Fisher one, Fisher other) =>
        one.IsEmpirical || other.IsGgn ? one
        : other.IsEmpirical || one.IsGgn ? other
        : FisherTypes.Samples(one) <= FisherTypes.Samples(other) ? one
        : other;

    /// <summary>Returns the summary with another noise, for the same squared errors.</summary>
    internal LaplaceSummary Under(double sigma)
    {
        var likelihood = Likelihood.NewGaussian(sigma);
        return this with
        {
            Likelihood = likelihood,
            LogLikelihood = -SquaredErrors / (2 * sigma * sigma) - Normaliser(likelihood, Entries),
        };
    }

    /// <summary>
    /// The sum of the squared errors of all N data points, of a normal likelihood with one sigma; null if
    /// there were no labels.
    /// </summary>
    internal double? SquaredErrors =>
        ObservationNoise is { } sigma ? -2 * sigma * sigma * (LogLikelihood + Normaliser(Likelihood, Entries)) : null;

    // The loss leaves out of -log p of normal labels 1/2 log(2 pi sigma^2) for each number.
    private static double Normaliser(Likelihood likelihood, long entries) =>
        likelihood switch
        {
            Likelihood.Gaussian { sigma: var sigma } => entries * 0.5 * Math.Log(2 * Math.PI * sigma * sigma),
            Likelihood.GaussianPerOutput { sigma: var sigma } => sigma.Average(each =>
                entries * 0.5 * Math.Log(2 * Math.PI * each * each)
            ),
            _ => 0.0,
        };
}
