using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// What a trained model owes to single training points and to its weight decay, by the implicit function
/// theorem with (F + λI)⁻¹ in place of the Hessian's inverse, where the model is an optimum of mean loss +
/// λ/2 |θ|².
/// </summary>
/// <remarks>
/// Exact for linear models with these losses, of which F is the Hessian; elsewhere as good as F is near the
/// Hessian and the model near an optimum. (Koh &amp; Liang 2017; MATH 7)
/// </remarks>
/// <example>
/// <code>
/// using var curvature = CurvatureMatrix.Fisher(model, Loss.CrossEntropy, trainInputs);
/// using var influence = new InfluenceFunction(curvature, weightDecay: 1e-2);
/// using var scores = influence.OfPoints(trainInputs, trainLabels, testInputs, testLabels);
/// var mostHelpful = scores.argmin();
/// </code>
/// </example>
public sealed class InfluenceFunction : IDisposable
{
    private readonly CurvatureMatrix curvature;
    private readonly DampedCurvature damped;

    /// <summary>The influence function of the data that a curvature matrix is of.</summary>
    /// <param name="curvature">
    /// F of the training data; it stays the caller's and must outlive this object.
    /// </param>
    /// <param name="weightDecay">λ, greater than zero, of λ/2 |θ|² beside the mean loss.</param>
    /// <exception cref="ArgumentException">λ is not positive.</exception>
    /// <exception cref="NumericalFailure">The matrix cannot be factored.</exception>
    public InfluenceFunction(CurvatureMatrix curvature, double weightDecay)
    {
        ArgumentNullException.ThrowIfNull(curvature);
        Argument.Positive(weightDecay);
        this.curvature = curvature;
        damped = curvature.Damped(weightDecay);
    }

    /// <summary>
    /// d L_test / d εᵢ for each training point i whose loss counts εᵢ more, -gᵢᵀ (F + λI)⁻¹ ∇L_test: negative
    /// where the point helps. Leaving it out changes the test loss by about -1/n of it.
    /// </summary>
    /// <param name="trainInputs">Training points [n; ...]; all, or some.</param>
    /// <param name="trainTargets">Their targets, as <see cref="Loss"/> says.</param>
    /// <param name="testInputs">Test points [m; ...].</param>
    /// <param name="testTargets">Their targets; L_test is the mean over them.</param>
    /// <returns>[n], in the order of the training points; the caller owns it.</returns>
    /// <exception cref="ArgumentException">
    /// Shapes, types or devices do not fit, or a batch is empty.
    /// </exception>
    public Tensor OfPoints(Tensor trainInputs, Tensor trainTargets, Tensor testInputs, Tensor testTargets)
    {
        _ = damped.Alive;
        ArgumentNullException.ThrowIfNull(trainInputs);
        ArgumentNullException.ThrowIfNull(trainTargets);
        Argument.SameRows(trainInputs, trainTargets);
        return OfPoints([(trainInputs, trainTargets)], testInputs, testTargets);
    }

    /// <summary>
    /// d L_test / d εᵢ, as <see cref="OfPoints(Tensor, Tensor, Tensor, Tensor)"/>, of training points in
    /// batches.
    /// </summary>
    /// <param name="trainBatches">
    /// Training points with their targets; each may be freed when the next one is asked for.
    /// </param>
    /// <param name="testInputs">Test points [m; ...].</param>
    /// <param name="testTargets">Their targets; L_test is the mean over them.</param>
    /// <param name="progress">Receives the number of batches done.</param>
    /// <param name="cancellation">Looked at between batches.</param>
    /// <returns>[n], in the order of the training points of all batches; the caller owns it.</returns>
    /// <exception cref="ArgumentException">
    /// Shapes, types or devices do not fit, a batch is empty, or there is none.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public Tensor OfPoints(
        IEnumerable<(Tensor Input, Tensor Target)> trainBatches,
        Tensor testInputs,
        Tensor testTargets,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        _ = damped.Alive;
        ArgumentNullException.ThrowIfNull(trainBatches);
        ArgumentNullException.ThrowIfNull(testInputs);
        ArgumentNullException.ThrowIfNull(testTargets);
        Argument.SameRows(testInputs, testTargets);
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var gradient = curvature.Gradient(testInputs, testTargets);
        var parts = new List<Tensor>();
        foreach (var (input, target) in trainBatches)
        {
            cancellation.ThrowIfCancellationRequested();
            using var own = NewDisposeScope();
            var place = parts.Count + 1;
            var points = curvature.AtLabels(Argument.Batch(input, place), Argument.Labels(target, place));
            parts.Add(own.MoveToOuter(Influence.ofPoints(points, gradient, damped.Alive)));
            progress?.Report(place);
        }
        return parts.Count > 0
            ? scope.MoveToOuter(cat([.. parts]))
            : throw new ArgumentException(
                "The batches must hold at least one; got none.",
                nameof(trainBatches)
            );
    }

    /// <summary>
    /// <see
    /// cref="OfPoints(IEnumerable{ValueTuple{Tensor, Tensor}}, Tensor, Tensor, IProgress{int}, CancellationToken)"/>
    /// on a thread of the pool, which also enumerates the batches. Nothing else may use the model or the
    /// curvature meanwhile.
    /// </summary>
    /// <inheritdoc cref="OfPoints(IEnumerable{ValueTuple{Tensor, Tensor}}, Tensor, Tensor, IProgress{int}, CancellationToken)"/>
    public Task<Tensor> OfPointsAsync(
        IEnumerable<(Tensor Input, Tensor Target)> trainBatches,
        Tensor testInputs,
        Tensor testTargets,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    ) =>
        Task.Run(() => OfPoints(trainBatches, testInputs, testTargets, progress, cancellation), cancellation);

    /// <summary>dθ*/dλ = -(F + λI)⁻¹ θ*, one [d_out; d_in] a layer; the caller owns it.</summary>
    public Tensor[] OfWeightDecay()
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var change = Influence.ofWeightDecay(curvature.Weights(), damped.Alive);
        foreach (var part in change)
            scope.MoveToOuter(part);
        return change;
    }

    /// <summary>
    /// dL/dλ_l of a validation loss for a weight decay of each layer, -∇_l Lᵀ (F + λI)⁻¹ θ*_l: their sum is
    /// the derivative by one weight decay for all layers.
    /// </summary>
    /// <param name="inputs">Validation points [m; ...].</param>
    /// <param name="targets">Their targets; L is the mean over them.</param>
    /// <returns>[layers], in the order of <see cref="CurvatureMatrix.Layers"/>; the caller owns it.</returns>
    /// <exception cref="ArgumentException">
    /// Shapes, types or devices do not fit, or the batch is empty.
    /// </exception>
    public Tensor Hypergradient(Tensor inputs, Tensor targets)
    {
        _ = damped.Alive;
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(targets);
        Argument.SameRows(inputs, targets);
        return Hypergradient([(inputs, targets)]);
    }

    /// <summary>
    /// dL/dλ_l, as <see cref="Hypergradient(Tensor, Tensor)"/>, of validation points in batches: one pass.
    /// </summary>
    /// <param name="batches">
    /// Validation points with their targets; each may be freed when the next one is asked for. L is the mean
    /// over the points of all batches that count.
    /// </param>
    /// <param name="progress">Receives the number of batches done.</param>
    /// <param name="cancellation">Looked at between batches.</param>
    /// <returns>[layers], in the order of <see cref="CurvatureMatrix.Layers"/>; the caller owns it.</returns>
    /// <exception cref="ArgumentException">
    /// Shapes, types or devices do not fit, a batch is empty, or there is none.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public Tensor Hypergradient(
        IEnumerable<(Tensor Input, Tensor Target)> batches,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        _ = damped.Alive;
        ArgumentNullException.ThrowIfNull(batches);
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var (gradient, _) = DataCurvature.accumulate(
            DataCurvature.vectors,
            (place, input, target) =>
            {
                var points = curvature.AtLabels(input, Argument.Labels(target, place));
                // A column counts 1/n of its batch.
                return (Jacobian.meanGradient(points), (long)Math.Round(1 / points.Parts.Single().Weight));
            },
            null,
            progress,
            cancellation,
            batches
        );
        foreach (var matrix in gradient)
            scope.Attach(matrix);
        return scope.MoveToOuter(Influence.hypergradient(curvature.Weights(), gradient, damped.Alive));
    }

    /// <summary>
    /// <see
    /// cref="Hypergradient(IEnumerable{ValueTuple{Tensor, Tensor}}, IProgress{int}, CancellationToken)"/> on
    /// a thread of the pool, which also enumerates the batches. Nothing else may use the model or the
    /// curvature meanwhile.
    /// </summary>
    /// <inheritdoc cref="Hypergradient(IEnumerable{ValueTuple{Tensor, Tensor}}, IProgress{int}, CancellationToken)"/>
    public Task<Tensor> HypergradientAsync(
        IEnumerable<(Tensor Input, Tensor Target)> batches,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    ) => Task.Run(() => Hypergradient(batches, progress, cancellation), cancellation);

    /// <summary>Frees the factors; the curvature matrix stays.</summary>
    public void Dispose() => damped.Dispose();
}
