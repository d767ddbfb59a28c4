using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// The effect of single training points and of the weight decay on a trained model, by the implicit function
/// theorem with (F + λI)⁻¹ in place of the inverse Hessian. The model should be at an optimum of mean loss +
/// λ/2 |θ|².
/// </summary>
/// <remarks>
/// Exact for linear models with these losses, since F is their Hessian; for other models, the error depends
/// on how far F is from the Hessian and the model from an optimum. (Koh &amp; Liang 2017; MATH 7)
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

    /// <summary>Makes the influence function for the data of a curvature matrix.</summary>
    /// <param name="curvature">
    /// F of the training data; it stays the caller's and must outlive this object.
    /// </param>
    /// <param name="weightDecay">λ, greater than zero: the model was trained on mean loss + λ/2 |θ|².</param>
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
    /// Returns d L_test / d εᵢ = -gᵢᵀ (F + λI)⁻¹ ∇L_test for each training point i, where εᵢ is an extra
    /// weight on its loss: negative if the point helps. Leaving the point out changes the test loss by about
    /// -1/n times this value.
    /// </summary>
    /// <param name="trainInputs">Training points [n; ...]; all, or some.</param>
    /// <param name="trainTargets">Their targets, in the form that <see cref="Loss"/> describes.</param>
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
    /// Returns d L_test / d εᵢ like <see cref="OfPoints(Tensor, Tensor, Tensor, Tensor)"/>, for training
    /// points in batches.
    /// </summary>
    /// <param name="trainBatches">
    /// Training points with their targets; each may be freed once the next one is requested.
    /// </param>
    /// <param name="testInputs">Test points [m; ...].</param>
    /// <param name="testTargets">Their targets; L_test is the mean over them.</param>
    /// <param name="progress">Receives the number of finished batches.</param>
    /// <param name="cancellation">Checked between batches.</param>
    /// <returns>[n], in the order of the training points of all batches; the caller owns it.</returns>
    /// <exception cref="ArgumentException">
    /// Shapes, types or devices do not fit, a batch is empty, or there is no batch.
    /// </exception>
    /// <exception cref="OperationCanceledException">The operation was cancelled.</exception>
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
            var found = Influence.ofPoints(points, gradient, damped.Alive);
            // Points without a label that counts have no influence, and no place among the columns.
            var counted = LikelihoodModule.counted(curvature.Likelihood, target).reshape(target.shape[0], -1).any(1);
            parts.Add(own.MoveToOuter(found.new_zeros(target.shape[0]).masked_scatter(counted, found)));
            progress?.Report(place);
        }
        return parts.Count > 0
            ? scope.MoveToOuter(cat([.. parts]))
            : throw new ArgumentException("trainBatches must have at least one batch; got none.", nameof(trainBatches));
    }

    /// <summary>
    /// Runs
    /// <see cref="OfPoints(IEnumerable{ValueTuple{Tensor, Tensor}}, Tensor, Tensor, IProgress{int}, CancellationToken)"/>
    /// on a thread-pool thread, which also enumerates the batches. Nothing else may use the model or the
    /// curvature in the meantime.
    /// </summary>
    /// <inheritdoc cref="OfPoints(IEnumerable{ValueTuple{Tensor, Tensor}}, Tensor, Tensor, IProgress{int}, CancellationToken)"/>
    public Task<Tensor> OfPointsAsync(
        IEnumerable<(Tensor Input, Tensor Target)> trainBatches,
        Tensor testInputs,
        Tensor testTargets,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    ) => Task.Run(() => OfPoints(trainBatches, testInputs, testTargets, progress, cancellation), cancellation);

    /// <summary>
    /// Returns the derivative of the optimal weights by the weight decay, dθ*/dλ = -(F + λI)⁻¹ θ*, one matrix
    /// [d_out; d_in] per layer; the caller owns it.
    /// </summary>
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
    /// Returns the derivative of a validation loss by a weight decay of each layer, dL/dλ_l = -∇_l Lᵀ (F +
    /// λI)⁻¹ θ*_l; their sum is the derivative by one weight decay for all layers.
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
    /// Returns dL/dλ_l like <see cref="Hypergradient(Tensor, Tensor)"/>, for validation points in batches, in
    /// one pass over them.
    /// </summary>
    /// <param name="batches">
    /// Validation points with their targets; each may be freed once the next one is requested. L is the mean
    /// over the points that count in all batches.
    /// </param>
    /// <param name="progress">Receives the number of finished batches.</param>
    /// <param name="cancellation">Checked between batches.</param>
    /// <returns>[layers], in the order of <see cref="CurvatureMatrix.Layers"/>; the caller owns it.</returns>
    /// <exception cref="ArgumentException">
    /// Shapes, types or devices do not fit, a batch is empty, or there is no batch.
    /// </exception>
    /// <exception cref="OperationCanceledException">The operation was cancelled.</exception>
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
        var mean = DataCurvature.accumulate(
            DataCurvature.vectors,
            (place, input, target) =>
            {
                var points = curvature.AtLabels(input, Argument.Labels(target, place));
                // A column has the weight 1/n, where n is the number of points that count in the batch.
                return new DataMean<Tensor[]>(
                    Jacobian.meanGradient(points),
                    (long)Math.Round(1 / points.Parts.Single().Weight)
                );
            },
            null,
            progress,
            cancellation,
            batches
        );
        foreach (var matrix in mean.Value)
            scope.Attach(matrix);
        return scope.MoveToOuter(Influence.hypergradient(curvature.Weights(), mean.Value, damped.Alive));
    }

    /// <summary>
    /// Runs
    /// <see cref="Hypergradient(IEnumerable{ValueTuple{Tensor, Tensor}}, IProgress{int}, CancellationToken)"/>
    /// on a thread-pool thread, which also enumerates the batches. Nothing else may use the model or the
    /// curvature in the meantime.
    /// </summary>
    /// <inheritdoc cref="Hypergradient(IEnumerable{ValueTuple{Tensor, Tensor}}, IProgress{int}, CancellationToken)"/>
    public Task<Tensor> HypergradientAsync(
        IEnumerable<(Tensor Input, Tensor Target)> batches,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    ) => Task.Run(() => Hypergradient(batches, progress, cancellation), cancellation);

    /// <summary>Frees the factors; the curvature matrix remains.</summary>
    public void Dispose() => damped.Dispose();
}
