namespace Foof;

/// <summary>What the data said when a posterior was fitted.</summary>
/// <param name="Likelihood">How the network's output speaks about labels.</param>
/// <param name="Points">How many data points the Fisher is of.</param>
/// <param name="DataPoints">N: how many it counts for.</param>
/// <param name="LogLikelihood">log p(D | theta*) of all N; null where batches had no labels.</param>
/// <param name="Entries">How many numbers the labels of all N are, for normal likelihoods.</param>
/// <param name="Labels">Whose labels the Fisher was taken at.</param>
/// <param name="IsLastLayer">Whether the last layer alone is covered.</param>
/// <param name="IsWhole">Whether nothing of the Fisher of all N is left out.</param>
public sealed record LaplaceFacts(
    Likelihood Likelihood,
    long Points,
    long DataPoints,
    double? LogLikelihood,
    long Entries,
    Fisher Labels,
    bool IsLastLayer,
    bool IsWhole
)
{
    internal static LaplaceFacts Of(
        Likelihood likelihood,
        FittedCurvature fitted,
        long dataPoints,
        bool isLastLayer,
        bool isDense
    )
    {
        var entries = fitted.Entries * dataPoints / fitted.Points;
        var isFull = fitted.Curvature is Curvature.LowRank && fitted.Labels.IsFull;
        return new(
            likelihood,
            fitted.Points,
            dataPoints,
            -dataPoints * fitted.Loss - Normaliser(likelihood, entries),
            entries,
            fitted.Labels,
            isLastLayer,
            (isDense || isFull) && fitted.Points == dataPoints
        );
    }

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
