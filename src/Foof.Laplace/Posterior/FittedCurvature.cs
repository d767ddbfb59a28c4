using static TorchSharp.torch;

namespace Foof;

/// <summary>What one pass over the data says; its tensors are in no scope.</summary>
/// <param name="Curvature">The Fisher, a mean over the points.</param>
/// <param name="Points">How many data points it is of.</param>
/// <param name="Loss">The mean loss at the labels; null where a batch had none.</param>
/// <param name="Gradient">The mean gradient at the labels; null where a batch had none.</param>
/// <param name="Entries">How many numbers the labels are, for normal likelihoods.</param>
/// <param name="Fisher">Whose labels the Fisher was taken at.</param>
internal sealed record FittedCurvature(
    Curvature Curvature,
    long Points,
    double? Loss,
    Tensor[]? Gradient,
    long Entries,
    Fisher Fisher
)
{
    /// <summary>The tensors held.</summary>
    internal IEnumerable<Tensor> Tensors => CurvatureModule.tensors(Curvature).Concat(Gradient ?? []);

    /// <summary>That of two sets of data points, of which <paramref name="y"/> has this share.</summary>
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

    /// <summary>Frees its tensors, but for those that something else keeps.</summary>
    internal void Release(IEnumerable<Tensor> kept) => Kept.Replace(Tensors, kept);
}
