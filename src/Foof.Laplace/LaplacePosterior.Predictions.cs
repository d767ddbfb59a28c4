using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

public sealed partial class LaplacePosterior
{
    /// <summary>Predicts one batch. The caller owns the result.</summary>
    /// <exception cref="ArgumentException">
    /// The batch is empty, or an option is out of its range or not one of this loss's.
    /// </exception>
    /// <exception cref="NumericalFailure">Inputs or weights are not finite.</exception>
    public Prediction Predict(Tensor input, PredictionOptions? options = null) => Predict([input], options);

    /// <summary>
    /// Predicts batches one after another; the result has all of them, and the caller owns it. Linearised
    /// predictions run through the batches once, sampled networks once for as many samples as fit the memory
    /// budget: each enumeration must give the same batches in the same order.
    /// </summary>
    /// <param name="inputs">The batches; each may be freed when the next one is asked for.</param>
    /// <param name="options">How; null: linearised, by probit.</param>
    /// <param name="progress">Told the number of batches done.</param>
    /// <param name="cancellation">Looked at between batches.</param>
    /// <exception cref="ArgumentException">
    /// There is no batch, one is empty, an option is out of its range or not one of this loss's, or a later
    /// enumeration gave other batches than the first.
    /// </exception>
    /// <exception cref="NumericalFailure">Inputs or weights are not finite.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public Prediction Predict(
        IEnumerable<Tensor> inputs,
        PredictionOptions? options = null,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(inputs);
        options = Checked(options);
        RequireSound();
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var parts =
            options.Kind == PredictiveKind.MonteCarlo
                ? new SampledNetworks(model, layers, Alive, Likelihood, options).Run(
                    inputs,
                    progress,
                    cancellation
                )
                : Linearised(inputs, options, progress, cancellation);
        if (parts.Count == 0)
            throw new ArgumentException("The inputs must hold at least one batch; got none.", nameof(inputs));
        var joined = Prediction.Join(parts);
        Free(parts);
        return joined;
    }

    // Before anything is looked at: a pass over the data may be long.
    private PredictionOptions Checked(PredictionOptions? options)
    {
        options ??= new();
        Require.atLeast("the number of samples", 1, options.Samples);
        Argument.Known(options.Kind, nameof(options.Kind));
        Argument.AtLeast(1, options.MemoryBudget, nameof(options.MemoryBudget));
        _ = Alive;
        if (options.Kind == PredictiveKind.Bridge && Likelihood.IsBernoulli)
            throw new ArgumentException(
                $"Kind must be Probit, SampledOutputs or MonteCarlo for {Loss.BinaryCrossEntropy}, which has no "
                    + "softmax; got Bridge.",
                nameof(options)
            );
        return options;
    }

    /// <summary>
    /// The same on a thread of the pool, which also enumerates the batches. Nothing else may use the
    /// posterior or its model meanwhile.
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
        using var generator = new Generator((ulong)options.Seed, Alive.Mean[0].device);
        try
        {
            foreach (var input in inputs)
            {
                cancellation.ThrowIfCancellationRequested();
                using var batch = NewDisposeScope();
                var (output, jacobian) = Derivatives(input);
                var covariance = Predictive.covariance(output.shape[0], jacobian, Alive);
                parts.Add(OfOutputs(output, covariance, options, generator, withSpread: true).Detached());
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
    private (Tensor Output, FisherFactor Jacobian) Derivatives(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Mismatch.Told(model, input, null, () => Jacobian.factor(model, layers, input));
    }

    /// <summary>What predictions of a batch need for any prior precision; the caller owns it.</summary>
    internal LinearisedBatch Linearise(Tensor input)
    {
        RequireSound();
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var (output, jacobian) = Derivatives(input);
        var prepared = Predictive.prepare(output.shape[0], jacobian, Alive);
        return new(output.DetachFromDisposeScope(), prepared);
    }

    /// <summary>
    /// The predictions of such batches, without the probabilities' spread; the caller owns them.
    /// </summary>
    internal Prediction Predict(IEnumerable<LinearisedBatch> batches, PredictionOptions options)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)options.Seed, Alive.Mean[0].device);
        return Prediction.Join([
            .. batches.Select(batch =>
                OfOutputs(
                    batch.Output,
                    Predictive.covarianceOf(batch.Prepared, Alive),
                    options,
                    generator,
                    withSpread: false
                )
            ),
        ]);
    }

    private Prediction OfOutputs(
        Tensor output,
        Tensor covariance,
        PredictionOptions options,
        Generator generator,
        bool withSpread
    )
    {
        var variance = linalg.diagonal(covariance).reshape(output.shape);
        var mean = output.to(ScalarType.Float64);
        if (!Likelihood.IsCategorical)
            return new(mean, Bernoulli(options, generator, mean, variance, covariance), variance, null);
        if (output.dim() != 2)
            throw new ArgumentException(
                "Linearised class probabilities need one output [n; C] a data point; predict by Monte Carlo."
            );
        var probabilities = options.Kind switch
        {
            PredictiveKind.Bridge => Predictive.bridge(output, covariance),
            PredictiveKind.SampledOutputs => Predictive.sampled(
                options.Samples,
                generator,
                output,
                covariance
            ),
            _ => Predictive.probit(output, covariance),
        };
        // Samples of every point's outputs: too dear where only the likelihood is looked at.
        var spread = withSpread ? Spread(options, generator, output, covariance) : null;
        return new(mean, probabilities, variance, spread);
    }

    private static Tensor Spread(
        PredictionOptions options,
        Generator generator,
        Tensor output,
        Tensor covariance
    ) =>
        Predictive
            .sampleOutputs(options.Samples, generator, output, covariance)
            .softmax(2)
            .var(0, unbiased: false)
            .sum(1);

    // By probit sigmoid(f / sqrt(1 + pi/8 v)), MacKay's own case.
    private Tensor? Bernoulli(
        PredictionOptions options,
        Generator generator,
        Tensor mean,
        Tensor variance,
        Tensor covariance
    ) =>
        !Likelihood.IsBernoulli ? null
        : options.Kind == PredictiveKind.SampledOutputs
            ? Predictive
                .sampleOutputs(options.Samples, generator, mean.reshape(mean.shape[0], -1), covariance)
                .sigmoid()
                .mean([0L])
                .reshape(mean.shape)
        : (mean / (variance * (Math.PI / 8) + 1).sqrt()).sigmoid();

    /// <summary>
    /// The covariance of all outputs of all points of a batch, entry c of point i at i C + c, in float64 [n
    /// C; n C]; with the observation noise of a normal likelihood on its diagonal where that is wanted. The
    /// caller owns both.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The input's type or device is not the model's, or a batch norm is in training mode.
    /// </exception>
    /// <exception cref="NumericalFailure">Inputs or weights are not finite.</exception>
    public (Tensor Output, Tensor Covariance) PredictJointly(Tensor input, bool withNoise = true)
    {
        ArgumentNullException.ThrowIfNull(input);
        RequireSound();
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var (output, jacobian) = Derivatives(input);
        var covariance = Predictive.jointCovariance(output.shape[0], jacobian, Alive);
        if (withNoise && Likelihood is Likelihood.Gaussian { sigma: var sigma })
            linalg.diagonal(covariance).add_(sigma * sigma);
        return scope.MoveToOuter(output, covariance);
    }

    /// <summary>
    /// The mean over data points of -log p(y | x, D): of class probabilities, or of normal labels with the
    /// variance of the outputs and of the noise together.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The likelihood has no predictive distribution in closed form.
    /// </exception>
    public double NegativeLogLikelihood(Prediction prediction, Tensor target)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        ArgumentNullException.ThrowIfNull(target);
        if (!Likelihood.IsCategorical && !target.shape.AsSpan().SequenceEqual(prediction.Output.shape))
            throw new ArgumentException(
                $"target must be [{string.Join("; ", prediction.Output.shape)}], like the output; "
                    + $"got [{string.Join("; ", target.shape)}].",
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
                return Calibration.NegativeLogLikelihood(prediction.Probabilities!, target);
            case { IsBernoulli: true }:
                var p = prediction.Probabilities!.clamp(1e-300, 1);
                var q = (1 - prediction.Probabilities!).clamp(1e-300, 1);
                return -(y * p.log() + (1 - y) * q.log()).sum().ToDouble() / y.shape[0];
            case Likelihood.Gaussian { sigma: var sigma }:
                var v = prediction.Variance + sigma * sigma;
                var each = (y - prediction.Output).square() / v + (v * (2 * Math.PI)).log();
                return 0.5 * each.sum().ToDouble() / y.shape[0];
            default:
                throw new ArgumentException(
                    "Only categorical, Bernoulli and normal likelihoods with one sigma have a predictive density here."
                );
        }
    }
}
