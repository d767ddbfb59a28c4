using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

// Predictions.
public sealed partial class LaplacePosterior
{
    /// <summary>Returns predictions for one batch [n; ...]; the caller owns them.</summary>
    /// <param name="input">The batch, of the weights' type and on their device; it stays the caller's.</param>
    /// <param name="options">How predictions are made; null means linearised, by probit.</param>
    /// <exception cref="ArgumentException">
    /// The batch is empty or does not fit the model, a batch norm or dropout is in training mode, or an option is out
    /// of its range or not available for this loss.
    /// </exception>
    /// <exception cref="NumericalFailure">Inputs, weights or the prediction are not finite.</exception>
    /// <exception cref="InvalidOperationException">A covered parameter was freed or has changed since the fit.</exception>
    /// <exception cref="ObjectDisposedException">The posterior was disposed of.</exception>
    public Prediction Predict(Tensor input, PredictionOptions? options = null) => Predict([input], options);

    /// <summary>
    /// Returns predictions for all data points of several batches, computed batch by batch; the caller owns
    /// them.
    /// </summary>
    /// <remarks>
    /// Linearised predictions enumerate the batches once; sampled weights enumerate them once for every set
    /// of samples that fits the memory budget, so each enumeration must give the same batches in the same
    /// order. <see cref="PredictionOptions.Seed"/> decides the samples, so that a prediction can be repeated.
    /// After an error or cancellation, finished batches are freed and the network has its own weights.
    /// </remarks>
    /// <param name="inputs">The batches of inputs; each may be freed once the next one is requested.</param>
    /// <param name="options">How predictions are made; null means linearised, by probit.</param>
    /// <param name="progress">
    /// Receives the number of finished batches; it begins at 1 again in each further enumeration.
    /// </param>
    /// <param name="cancellation">Checked before each batch.</param>
    /// <exception cref="ArgumentException">
    /// There is no batch, one is empty or does not fit the model, a batch norm or dropout is in training mode, an option
    /// is out of its range or not available for this loss, or a later enumeration gave batches of other sizes than the
    /// first.
    /// </exception>
    /// <exception cref="NumericalFailure">Inputs, weights or the prediction are not finite.</exception>
    /// <exception cref="InvalidOperationException">A covered parameter was freed or has changed since the fit.</exception>
    /// <exception cref="ObjectDisposedException">The posterior was disposed of.</exception>
    /// <exception cref="OperationCanceledException">The operation was cancelled.</exception>
    public Prediction Predict(
        IEnumerable<Tensor> inputs,
        PredictionOptions? options = null,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(inputs);
        options = Checked(options);
        RequireFitted();
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var parts =
            options.Type == PredictionType.SampledWeights
                ? new SampledNetworks(model, layers, Alive, Likelihood, options).Run(inputs, progress, cancellation)
                : Linearised(inputs, options, progress, cancellation);
        if (parts.Count == 0)
            throw new ArgumentException("The inputs must hold at least one batch; got none.", nameof(inputs));
        try
        {
            return Prediction.Join(parts).RequireFinite();
        }
        finally
        {
            Free(parts);
        }
    }

    /// <summary>Raises unless the model is sound and its covered weights are those of the fit.</summary>
    private void RequireFitted()
    {
        var mean = Alive.Mean;
        RequireSound();
        if (FirstMoved(layers, mean) is { } layer)
            throw new InvalidOperationException(
                $"A posterior predicts around the weights that it was fitted at, and those of '{layer.Name}' have changed: "
                    + "call Update with the new data, or fit another posterior."
            );
    }

    // This comes before any data are read, since a pass over the data may be long.
    private PredictionOptions Checked(PredictionOptions? options)
    {
        options ??= new();
        _ = Alive;
        options.Require(Likelihood);
        return options;
    }

    /// <summary>
    /// Runs <see cref="Predict(IEnumerable{Tensor}, PredictionOptions, IProgress{int}, CancellationToken)"/>
    /// on a thread-pool thread, which also enumerates the batches. Nothing else may use the posterior or its
    /// model in the meantime. Except for null inputs, errors appear when the task is awaited.
    /// </summary>
    /// <inheritdoc cref="Predict(IEnumerable{Tensor}, PredictionOptions, IProgress{int}, CancellationToken)"/>
    public Task<Prediction> PredictAsync(
        IEnumerable<Tensor> inputs,
        PredictionOptions? options = null,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return Task.Run(() => Predict(inputs, options, progress, cancellation), cancellation);
    }

    private static void Free(IEnumerable<Prediction> parts)
    {
        foreach (var part in parts)
            part.Dispose();
    }

    private List<Prediction> Linearised(
        IEnumerable<Tensor> inputs,
        PredictionOptions options,
        IProgress<int>? progress,
        CancellationToken cancellation
    )
    {
        var (parts, finished) = (new List<Prediction>(), 0);
        using var predictions = new LinearisedPredictions(Likelihood, options, Alive.Mean[0].device);
        try
        {
            foreach (var input in inputs)
            {
                cancellation.ThrowIfCancellationRequested();
                foreach (var (start, count) in Runs(input, options))
                {
                    using var run = NewDisposeScope();
                    var isWhole = input.dim() == 0 || count == input.shape[0];
                    var at = Derivatives(isWhole ? input : input.narrow(0, start, count));
                    var covariance = Predictive.covariance(at.Output.shape[0], at.Jacobian, Alive);
                    Predictive.requireFiniteCovariance(covariance);
                    parts.Add(predictions.Of(at.Output, covariance, withProbabilityVariance: true).Detached());
                }
                progress?.Report(++finished);
            }
            return parts;
        }
        catch
        {
            Free(parts);
            throw;
        }
    }

    /// <summary>
    /// Returns the runs of a batch's data points whose derivatives, covariances [C; C] and samples keep within the memory
    /// budget, each at least one point.
    /// </summary>
    internal IReadOnlyList<(long Start, long Count)> Runs(Tensor input, PredictionOptions options)
    {
        ArgumentNullException.ThrowIfNull(input);
        var n = input.dim() == 0 ? 1 : input.shape[0];
        if (n < 2)
            return [(0, n)];
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        using var first = input.narrow(0, 0, 1);
        var outputs = Mismatch.Explained(model, input, null, () => ForwardPass.output(model, first)).numel();
        // Samples, their noise and probabilities; a covariance with its eigenvectors and their root.
        var others = 8 * outputs * (3 * outputs + 4 * options.Samples);
        var most = CurvatureGathering.PointsAtOnce(layers, outputs, others, options.MemoryBudget);
        return
        [
            .. Enumerable.Range(0, (int)((n + most - 1) / most)).Select(i => (i * most, Math.Min(most, n - i * most))),
        ];
    }

    // The network's outputs, and their derivatives by its weights.
    private Linearisation Derivatives(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var problem = new Problem(model, layers, Likelihood, null);
        return Mismatch.Explained(model, input, null, () => Jacobian.factor(problem, input));
    }

    /// <summary>
    /// Returns what the predictions for a batch need at any prior precision; the caller owns it.
    /// </summary>
    internal LinearisedBatch Linearise(Tensor input)
    {
        RequireFitted();
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var at = Derivatives(input);
        var prepared = Predictive.prepare(at.Output.shape[0], at.Jacobian, Alive);
        return new(at.Output.DetachFromDisposeScope(), prepared);
    }

    /// <summary>
    /// Returns the predictions for such batches, without the probabilities' variance; the caller owns them.
    /// </summary>
    internal Prediction Predict(IEnumerable<LinearisedBatch> batches, PredictionOptions options)
    {
        using var scope = NewDisposeScope();
        using var predictions = new LinearisedPredictions(Likelihood, options, Alive.Mean[0].device);
        return Prediction.Join([
            .. batches.Select(batch =>
                predictions.Of(
                    batch.Output,
                    Predictive.covarianceOf(batch.Prepared, Alive),
                    withProbabilityVariance: false
                )
            ),
        ]);
    }

    /// <summary>
    /// Returns the outputs f* for a batch and their joint covariance J Sigma J^T under the linearised
    /// network, with Sigma = T (P + N F)^-1; the caller owns both (MATH 6).
    /// </summary>
    /// <param name="input">The batch, [n; ...].</param>
    /// <param name="withNoise">
    /// Whether sigma^2, the observation noise of <see cref="Loss.SquaredError"/>, is added to the covariance's
    /// diagonal; other losses ignore it.
    /// </param>
    /// <returns>
    /// [n; ...] in the model's type, and [n C; n C] in float64 with entry c of data point i at i C + c.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The batch is empty or does not fit the model, or a batch norm or dropout is in training mode.
    /// </exception>
    /// <exception cref="NumericalFailure">Inputs, weights or the prediction are not finite.</exception>
    /// <exception cref="InvalidOperationException">A covered parameter was freed or has changed since the fit.</exception>
    /// <exception cref="ObjectDisposedException">The posterior was disposed of.</exception>
    public (Tensor Output, Tensor Covariance) PredictJointly(Tensor input, bool withNoise = true)
    {
        ArgumentNullException.ThrowIfNull(input);
        RequireFitted();
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var at = Derivatives(input);
        var covariance = Predictive.jointCovariance(at.Output.shape[0], at.Jacobian, Alive);
        Predictive.requireFiniteCovariance(covariance);
        if (withNoise && Likelihood is Likelihood.Gaussian { sigma: var sigma })
            linalg.diagonal(covariance).add_(sigma * sigma);
        return scope.MoveToOuter(at.Output, covariance);
    }
}
