using static TorchSharp.torch;

namespace Foof;

/// <summary>The mean negative log-likelihood of validation labels under a posterior's predictions.</summary>
internal sealed class ValidationLoss : IDisposable
{
    private readonly LaplacePosterior posterior;
    private readonly PredictionOptions options;
    private readonly IProgress<int>? progress;
    private int done;
    private readonly List<(Tensor Input, Tensor Target)> batches = [];
    private readonly List<LinearisedBatch> linearised = [];

    internal ValidationLoss(
        LaplacePosterior posterior,
        IEnumerable<(Tensor Input, Tensor Target)> validation,
        PredictionOptions options,
        IProgress<int>? progress
    )
    {
        (this.posterior, this.options, this.progress) = (posterior, options, progress);
        foreach (var (input, target) in validation)
        {
            ArgumentNullException.ThrowIfNull(input);
            ArgumentNullException.ThrowIfNull(target);
            batches.Add((Kept(input), Kept(target)));
            if (options.Kind != PredictiveKind.MonteCarlo)
                linearised.Add(posterior.Linearise(input));
        }
        if (batches.Count == 0)
            throw new ArgumentException("The validation data must hold at least one batch; got none.");
    }

    private static Tensor Kept(Tensor tensor) => tensor.alias().DetachFromDisposeScope();

    /// <summary>The loss at the posterior as it is.</summary>
    internal double Value()
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        using var found =
            linearised.Count > 0
                ? posterior.Predict(linearised, options)
                : posterior.Predict(batches.Select(batch => batch.Input), options);
        var target = cat([.. batches.Select(batch => batch.Target)], 0);
        var loss = posterior.NegativeLogLikelihood(found, target);
        progress?.Report(++done);
        return loss;
    }

    /// <summary>Lets the batches go.</summary>
    public void Dispose()
    {
        foreach (var batch in linearised)
            batch.Dispose();
        foreach (var (input, target) in batches)
        {
            input.Dispose();
            target.Dispose();
        }
    }
}
