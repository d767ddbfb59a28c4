using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

// The choice of the prior precision and of the temperature.
public sealed partial class LaplacePosterior
{
    // From weights that are almost free to weights that are almost fixed; N F is a sum over data points.
    private static readonly double[] Grid = [.. Enumerable.Range(-2, 10).Select(power => Math.Pow(10, power))];

    private const int SectionSteps = 10;

    // Down to 10^-9 or up to 10^14 for the prior precision, down to 10^-12 or up to 10^9 for the temperature.
    private const int WiderSteps = 7;

    /// <summary>
    /// Chooses the prior precision by the rule that is safe according to measurements: by the likelihood of
    /// validation data if they are given, otherwise by evidence.
    /// </summary>
    /// <remarks>
    /// The evidence is safe for a last layer, and for a network at a stationary point of its own prior
    /// under a Fisher of all labels of all data. In other cases it may mislead, and <see cref="Warnings"/>
    /// says so (MATH 6).
    /// </remarks>
    /// <param name="validation">
    /// Inputs and labels that the network was not trained with; null if there are no such data.
    /// </param>
    /// <param name="options">How predictions are made; null means linearised, by probit.</param>
    /// <param name="progress">
    /// Receives how often the validation data have been predicted, after a pass that prepares them.
    /// </param>
    /// <param name="cancellation">Checked between batches.</param>
    /// <exception cref="ArgumentException">
    /// There is no batch, labels do not fit, or an option is out of its range; nothing changed.
    /// </exception>
    /// <exception cref="NumericalFailure">
    /// Weights or data are not finite, the likelihood is not a number at any value, or the evidence has no
    /// maximum; nothing changed.
    /// </exception>
    /// <exception cref="OperationCanceledException">The operation was cancelled; nothing changed.</exception>
    /// <exception cref="InvalidOperationException">
    /// There are no validation data, and the posterior was fitted without labels or updated.
    /// </exception>
    public void Tune(
        IEnumerable<(Tensor Input, Tensor Target)>? validation = null,
        PredictionOptions? options = null,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        if (validation is null)
            TuneByEvidence();
        else
            TuneByValidation(validation, options, progress, cancellation);
    }

    /// <summary>
    /// Runs <see cref="Tune"/> on a thread-pool thread, which also enumerates the data. Nothing else may use
    /// the posterior or its model in the meantime. All errors appear when the task is awaited.
    /// </summary>
    /// <inheritdoc cref="Tune"/>
    public Task TuneAsync(
        IEnumerable<(Tensor Input, Tensor Target)>? validation = null,
        PredictionOptions? options = null,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    ) => Task.Run(() => Tune(validation, options, progress, cancellation), cancellation);

    /// <summary>
    /// Chooses the prior precision with the largest evidence, where delta = gamma / |theta* - mean|^2: one
    /// for all layers, or one for each (MacKay 1992).
    /// </summary>
    /// <remarks>
    /// It solves by Newton's method in log delta, which needs no data. Afterwards <see cref="Warnings"/> says
    /// whether the evidence may mislead (MATH 6).
    /// </remarks>
    /// <param name="perLayer">
    /// Whether each layer gets its own; for a low-rank or dense posterior over several layers, each iteration then
    /// factors a matrix of its columns, [m; m].
    /// </param>
    /// <exception cref="InvalidOperationException">
    /// The posterior was fitted without labels or updated.
    /// </exception>
    /// <exception cref="NumericalFailure">
    /// The evidence has no maximum, since N F or a layer's theta* - mean is zero or not finite; nothing changed.
    /// </exception>
    public void TuneByEvidence(bool perLayer = false)
    {
        _ = LogLikelihood;
        using var scope = NewDisposeScope();
        double[] found = perLayer
            ? LayerEvidence.optimum(Alive)
            : [Evidence.optimum(PosteriorModule.distance(Alive), PosteriorModule.spectrum(Alive))];
        var type = Alive.Mean[0].dtype;
        var least = Require.leastInvertible(type);
        foreach (var delta in found.Where(delta => !(delta >= least && delta <= 1 / least)))
            throw new NumericalFailure(
                FormattableString.Invariant($"it is largest at {delta:G3}, of which {type} holds no inverse"),
                "the evidence by prior precision",
                "set one, or scale the data"
            );
        SetPriorPrecision(found);
        NoteEvidence();
    }

    /// <summary>
    /// Chooses the prior precision, one for all layers, that makes validation labels most likely, by a grid
    /// search from 0.01 to 10^7 and a golden-section search over its logarithm.
    /// </summary>
    /// <remarks>
    /// If an end of the grid is best, it is widened by up to seven decades; if an end is still as good as any value,
    /// <see cref="Warnings"/> says so.
    /// It minimises <see cref="NegativeLogLikelihood"/> at the current temperature. Inputs and labels stay in
    /// memory until the end; batches that are linearised within <see cref="PredictionOptions.MemoryBudget"/> are
    /// not linearised again. Any warning about the evidence is removed.
    /// </remarks>
    /// <param name="validation">
    /// Inputs and labels that the network was not trained with, not the test set. They are enumerated once.
    /// </param>
    /// <param name="options">How predictions are made; null means linearised, by probit.</param>
    /// <param name="progress">
    /// Receives how often the validation data have been predicted, 29 times at most, after a pass that prepares
    /// them.
    /// </param>
    /// <param name="cancellation">Checked between batches.</param>
    /// <exception cref="ArgumentException">
    /// There is no batch, labels do not fit, or an option is out of its range; nothing changed.
    /// </exception>
    /// <exception cref="NumericalFailure">
    /// Weights or data are not finite, or the likelihood is not a number at any value; nothing changed.
    /// </exception>
    /// <exception cref="OperationCanceledException">The operation was cancelled; nothing changed.</exception>
    public void TuneByValidation(
        IEnumerable<(Tensor Input, Tensor Target)> validation,
        PredictionOptions? options = null,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(validation);
        var chosen = Checked(options);
        var before = PriorPrecision.ToArray();
        try
        {
            // What is prepared can be used for all precisions with the same ratios between layers.
            PutPrecision(Grid[0]);
            using var data = new ValidationLoss(this, validation, chosen, progress, cancellation);
            var found = GoldenSectionSearch.Minimise(
                precision =>
                {
                    PutPrecision(precision);
                    return data.Value();
                },
                Grid,
                SectionSteps,
                WiderSteps
            );
            PutPrecision(found.Value);
            ForgetEvidence();
            NoteEnds(WarningTopic.EdgeOfPrecision, found, AllUncertainty, NoUncertainty);
        }
        catch
        {
            PutPrecision(before);
            throw;
        }
    }

    /// <summary>
    /// Chooses the temperature that makes validation labels most likely, at the current prior precisions, by
    /// a grid search from 10^-5 to 100 and a golden-section search over its logarithm.
    /// </summary>
    /// <remarks>
    /// If an end of the grid is best, it is widened by up to seven decades; if an end is still as good as any value,
    /// <see cref="Warnings"/> says so.
    /// </remarks>
    /// <param name="validation">
    /// Inputs and labels that the network was not trained with, not the test set. They are enumerated once and
    /// stay in memory until the end.
    /// </param>
    /// <param name="options">How predictions are made; null means linearised, by probit.</param>
    /// <param name="progress">
    /// Receives how often the validation data have been predicted, 27 times at most, after a pass that prepares
    /// them.
    /// </param>
    /// <param name="cancellation">Checked between batches.</param>
    /// <exception cref="ArgumentException">
    /// There is no batch, labels do not fit, or an option is out of its range; nothing changed.
    /// </exception>
    /// <exception cref="NumericalFailure">
    /// Weights or data are not finite, or the likelihood is not a number at any value; nothing changed.
    /// </exception>
    /// <exception cref="OperationCanceledException">The operation was cancelled; nothing changed.</exception>
    public void TuneTemperatureByValidation(
        IEnumerable<(Tensor Input, Tensor Target)> validation,
        PredictionOptions? options = null,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(validation);
        using var data = new ValidationLoss(this, validation, Checked(options), progress, cancellation);
        var before = Temperature;
        double[] grid = [.. Enumerable.Range(-5, 8).Select(power => Math.Pow(10, power))];
        try
        {
            var found = GoldenSectionSearch.Minimise(
                temperature =>
                {
                    Temperature = temperature;
                    return data.Value();
                },
                grid,
                SectionSteps,
                WiderSteps
            );
            Temperature = found.Value;
            NoteEnds(WarningTopic.EdgeOfTemperature, found, NoUncertainty, AllUncertainty);
        }
        catch
        {
            Temperature = before;
            throw;
        }
    }
}
