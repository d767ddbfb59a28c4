using static TorchSharp.torch;

namespace Foof;

/// <summary>What one pass over the data says; its tensors are in no scope.</summary>
/// <param name="Curvature">The Fisher, a mean over the points.</param>
/// <param name="Points">How many data points it is of.</param>
/// <param name="Loss">The mean loss at the labels; null where batches had none.</param>
/// <param name="Gradient">The mean gradient at the labels; null where batches had none.</param>
/// <param name="Entries">How many numbers the labels are, for normal likelihoods.</param>
/// <param name="Labels">Whose labels the Fisher was taken at.</param>
internal sealed record FittedCurvature(
    Curvature Curvature,
    long Points,
    double? Loss,
    Tensor[]? Gradient,
    long Entries,
    Fisher Labels
)
{
    /// <summary>Frees its tensors, but for those that something else keeps.</summary>
    internal void Release(IEnumerable<Tensor> kept) =>
        Kept.Replace(CurvatureModule.tensors(Curvature).Concat(Gradient ?? []), kept);
}
