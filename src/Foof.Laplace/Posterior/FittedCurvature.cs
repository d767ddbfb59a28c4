using static TorchSharp.torch;

namespace Foof;

/// <summary>The results of one pass over the data; the tensors belong to no dispose scope.</summary>
/// <param name="Curvature">The Fisher, a mean over the points.</param>
/// <param name="Points">The number of data points that the Fisher is a mean over.</param>
/// <param name="Loss">
/// The mean loss at the labels, in nats, with log y! of counts and without the constants of a normal density;
/// null if a batch had no labels.
/// </param>
/// <param name="Gradient">The mean gradient at the labels; null if a batch had no labels.</param>
/// <param name="Entries">How many numbers the labels have, for normal likelihoods.</param>
/// <param name="Fisher">Which labels the Fisher was taken at.</param>
internal sealed record FittedCurvature(
    Curvature Curvature,
    long Points,
    double? Loss,
    Tensor[]? Gradient,
    long Entries,
    Fisher Fisher
)
{
    /// <summary>All tensors.</summary>
    internal IEnumerable<Tensor> Tensors => CurvatureModule.tensors(Curvature).Concat(Gradient ?? []);

    /// <summary>
    /// Returns the results for two sets of data points together, of which <paramref name="y"/> has the given
    /// share. The result may share tensors with both.
    /// </summary>
    internal static FittedCurvature Average(double share, FittedCurvature x, FittedCurvature y) =>
        new(
            DataCurvature.average(share, x.Curvature, y.Curvature),
            x.Points + y.Points,
            x.Loss + share * (y.Loss - x.Loss),
            x.Gradient is null || y.Gradient is null
                ? null
                : DataCurvature.vectors.Average.Invoke(share, x.Gradient, y.Gradient),
            x.Entries + y.Entries,
            y.Fisher
        );

    /// <summary>Frees the tensors, except those that another object keeps.</summary>
    internal void Release(IEnumerable<Tensor> kept) => Kept.Replace(Tensors, kept);
}
