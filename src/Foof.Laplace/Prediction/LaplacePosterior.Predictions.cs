using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

// Predictions and their quality.
public sealed partial class LaplacePosterior
{
    /// <summary>Returns predictions for one batch [n; ...]; the caller owns them.</summary>
    /// <param name="input">The batch, of the weights' type and on their device; it stays the caller's.</param>
    /// <param name="options">How predictions are made; null means linearised, by probit.</param>
    /// <exception cref="ArgumentException">
    /// The batch is empty or does not fit the model, a batch norm or dropout is in training mode, an option is out of its
    /// range or not available for this loss, or linearised class outputs are not [n; C].
    /// </exception>
    /// <exception cref="NumericalFailure">Inputs or weights are not finite.</exception>
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
    /// There is no batch, one is empty or does not fit the model, a batch norm or dropout is in training mode, an option is
    /// out of its range or not available for this loss, linearised class outputs are not [n; C], or a later
    /// enumeration gave batches of other sizes than the first.
    /// </exception>
    /// <exception cref="NumericalFailure">Inputs or weights are not finite.</exception>
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
            return Prediction.Join(parts);
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
        var parts = new List<Prediction>();
        using var predictions = new LinearisedPredictions(Likelihood, options, Alive.Mean[0].device);
        try
        {
            foreach (var input in inputs)
            {
                cancellation.ThrowIfCancellationRequested();
                using var batch = NewDisposeScope();
                var at = Derivatives(input);
                var covariance = Predictive.covariance(at.Output.shape[0], at.Jacobian, Alive);
                parts.Add(predictions.Of(at.Output, covariance, withProbabilityVariance: true).Detached());
                progress?.Report(parts.Count);
            }
            return parts;
        }
        catch
        {
            Free(parts);
            throw;
        }
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
    /// <exception cref="NumericalFailure">Inputs or weights are not finite.</exception>
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
        if (withNoise && Likelihood is Likelihood.Gaussian { sigma: var sigma })
            linalg.diagonal(covariance).add_(sigma * sigma);
        return scope.MoveToOuter(at.Output, covariance);
    }

    /// <summary>
    /// Returns the mean over data points of -log p(y | x, D), in nats, for class probabilities, or for normal
    /// labels whose variance is that of the outputs plus that of the noise.
    /// </summary>
    /// <remarks>
    /// The outputs of one data point are summed, as if they were independent. A probability below 1e-300 counts
    /// as 1e-300, so that the result is finite.
    /// </remarks>
    /// <param name="prediction">This posterior's prediction for the inputs; it stays the caller's.</param>
    /// <param name="target">
    /// Their labels: class indices [n], none of which may be -100, or of the output's shape.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The loss is <see cref="Loss.Poisson"/>, whose predictive distribution has no closed form, shapes do not
    /// fit, labels are not class indices or not from 0 to 1, or the prediction lacks probabilities.
    /// </exception>
    /// <exception cref="NumericalFailure">A class probability is not finite.</exception>
    public double NegativeLogLikelihood(Prediction prediction, Tensor target)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        ArgumentNullException.ThrowIfNull(target);
        if (!Likelihood.IsCategorical && !target.shape.AsSpan().SequenceEqual(prediction.Output.shape))
            throw new ArgumentException(
                $"target must be [{Shape.text(prediction.Output.shape)}], like the output; "
                    + $"got [{Shape.text(target.shape)}].",
                nameof(target)
            );
        if ((Likelihood.IsCategorical || Likelihood.IsBernoulli) && prediction.Probabilities is null)
            throw new ArgumentException(
                $"prediction must have probabilities, for {Loss}; it has none: make it with this posterior.",
                nameof(prediction)
            );
        using var scope = NewDisposeScope();
        var y = target.to(ScalarType.Float64);
        switch (Likelihood)
        {
            case { IsCategorical: true }:
                return OfClasses(prediction.Probabilities!, target);
            case { IsBernoulli: true }:
                if (!y.ge(0).logical_and(y.le(1)).all().ToBoolean())
                    throw new ArgumentException($"target must hold labels from 0 to 1, for {Loss}.", nameof(target));
                var p = prediction.Probabilities!.clamp(1e-300, 1);
                var q = (1 - prediction.Probabilities!).clamp(1e-300, 1);
                return -(y * p.log() + (1 - y) * q.log()).sum().ToDouble() / y.shape[0];
            case Likelihood.Gaussian { sigma: var sigma }:
                var v = prediction.Variance + sigma * sigma;
                var each = (y - prediction.Output).square() / v + (v * (2 * Math.PI)).log();
                return 0.5 * each.sum().ToDouble() / y.shape[0];
            default:
                throw NoDensity();
        }
    }

    // Sums over positions; labels of -100 do not count, and neither do data points without another one.
    private static double OfClasses(Tensor probabilities, Tensor target)
    {
        var counts = target.ne(-100);
        var points = target.dim() > 1 ? counts.flatten(1).any(1) : counts;
        var fits = target.shape.AsSpan().SequenceEqual([.. probabilities.shape.Where((_, axis) => axis != 1)]);
        if (!fits || target.dtype != ScalarType.Int64 || (target.dim() == 1 && counts.all().ToBoolean()))
            return Calibration.NegativeLogLikelihood(probabilities, target);
        var classes = target.masked_fill(counts.logical_not(), 0);
        if (classes.lt(0).logical_or(classes.ge(probabilities.shape[1])).any().ToBoolean() || !points.any().ToBoolean())
            throw new ArgumentException(
                $"target must hold class indices from 0 to {probabilities.shape[1] - 1}, or -100 where it is ignored, and one "
                    + "that counts.",
                nameof(target)
            );
        var logs = probabilities
            .gather(1, classes.unsqueeze(1))
            .squeeze(1)
            .to(ScalarType.Float64)
            .clamp_min(1e-300)
            .log();
        return -(logs * counts).sum().ToDouble() / points.sum().ToDouble();
    }

    /// <summary>Raises an ArgumentException unless the likelihood has a predictive density here.</summary>
    internal void RequireDensity()
    {
        if (!(Likelihood.IsCategorical || Likelihood.IsBernoulli || Likelihood.IsGaussian))
            throw NoDensity();
    }

    private static ArgumentException NoDensity() =>
        new("Only categorical, Bernoulli and normal likelihoods with one sigma have a predictive density here.");
}
