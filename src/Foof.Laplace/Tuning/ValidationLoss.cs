using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>The mean negative log-likelihood of validation labels under a posterior's predictions.</summary>
internal sealed class ValidationLoss : IDisposable
{
    private readonly LaplacePosterior posterior;
    private readonly PredictionOptions options;
    private readonly IProgress<int>? progress;
    private readonly CancellationToken cancellation;
    private readonly List<(Tensor Input, Tensor Target)> batches = [];

    // What is kept of each batch for any prior precision; null means that the batch is linearised each time.
    private readonly List<LinearisedBatch?> prepared = [];
    private long room;
    private int done;

    /// <summary>
    /// Reads the data once, and keeps what fits the memory budget. All inputs and labels are kept in any case, so
    /// that the caller may free them.
    /// </summary>
    internal ValidationLoss(
        LaplacePosterior posterior,
        IEnumerable<(Tensor Input, Tensor Target)> validation,
        PredictionOptions options,
        IProgress<int>? progress,
        CancellationToken cancellation,
        bool keeps = true
    )
    {
        posterior.RequireDensity();
        (this.posterior, this.options) = (posterior, options);
        (this.progress, this.cancellation) = (progress, cancellation);
        room = keeps && options.Type == PredictionType.Linearised ? options.MemoryBudget : 0;
        try
        {
            var place = 0;
            foreach (var (input, target) in validation)
            {
                place++;
                cancellation.ThrowIfCancellationRequested();
                _ = Argument.Batch(input, place);
                _ = Argument.Labels(target, place);
                RequireFit(input, target);
                foreach (var (start, count) in Runs(input))
                {
                    using var own = NewDisposeScope();
                    batches.Add((Kept(input.narrow(0, start, count)), Kept(target.narrow(0, start, count))));
                    prepared.Add(Prepare(batches[^1].Input));
                }
            }
            if (batches.Count == 0)
                throw new ArgumentException("The validation data must hold at least one batch; got none.");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    // Labels of all batches are one tensor later, where one that is missing would move the others to other inputs.
    private void RequireFit(Tensor input, Tensor target)
    {
        Argument.SameRows(input, target);
        if (batches.Count > 0 && !target.shape.AsSpan(1).SequenceEqual(batches[0].Target.shape.AsSpan(1)))
            throw new ArgumentException(
                "The targets of all batches must have one shape, apart from the number of data points; got "
                    + $"[{Shape.text(batches[0].Target.shape)}] and [{Shape.text(target.shape)}]."
            );
    }

    // Sampled weights take one forward pass at a time, however many outputs there are.
    private IReadOnlyList<(long Start, long Count)> Runs(Tensor input) =>
        options.Type == PredictionType.Linearised ? posterior.Runs(input, options) : [(0, input.shape[0])];

    private static Tensor Kept(Tensor tensor) => tensor.alias().DetachFromDisposeScope();

    private LinearisedBatch? Prepare(Tensor input)
    {
        if (room <= 0)
            return null;
        var batch = posterior.Linearise(input);
        room -= batch.Bytes;
        if (room >= 0)
            return batch;
        batch.Dispose();
        return null;
    }

    /// <summary>The mean squared error of the network itself, over all numbers of the labels.</summary>
    internal double MeanSquare(nn.Module<Tensor, Tensor> model)
    {
        using var unrecorded = no_grad();
        var (sum, count) = (0.0, 0L);
        foreach (var (input, target) in batches)
        {
            using var scope = NewDisposeScope();
            var output = Mismatch.Explained(model, input, target, () => ForwardPass.call(model, input));
            LikelihoodModule.check(posterior.Likelihood, output, target);
            sum += (output - target).to(ScalarType.Float64).square().sum().ToDouble();
            count += target.numel();
        }
        return sum / count;
    }

    /// <summary>
    /// The loss of the posterior in its current state, in nats; NaN if probabilities are not numbers, in which
    /// case nothing is reported to the progress.
    /// </summary>
    internal double Value()
    {
        cancellation.ThrowIfCancellationRequested();
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        using var found =
            options.Type == PredictionType.SampledWeights
                ? posterior.Predict(batches.Select(batch => batch.Input), options, null, cancellation)
                : posterior.Predict(Linearised(), options);
        if (found.Probabilities is { } probabilities && !Numbers.isFinite(probabilities))
            return double.NaN;
        var target = cat([.. batches.Select(batch => batch.Target)], 0);
        var loss = posterior.NegativeLogLikelihood(found, target);
        progress?.Report(++done);
        return loss;
    }

    private IEnumerable<LinearisedBatch> Linearised()
    {
        foreach (var ((input, _), kept) in batches.Zip(prepared))
        {
            cancellation.ThrowIfCancellationRequested();
            if (kept is not null)
            {
                yield return kept;
                continue;
            }
            using var own = posterior.Linearise(input);
            yield return own;
        }
    }

    /// <summary>Frees what was kept of the batches.</summary>
    public void Dispose()
    {
        foreach (var batch in prepared)
            batch?.Dispose();
        foreach (var (input, target) in batches)
        {
            input.Dispose();
            target.Dispose();
        }
    }
}
