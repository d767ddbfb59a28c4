using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

public sealed partial class LaplacePosterior
{
    // From weights that are hardly held to weights that hardly move: N F is a sum over data points.
    private static readonly double[] Grid =
    [
        .. Enumerable.Range(-2, 10).Select(power => Math.Pow(10, power)),
    ];

    private const int SectionSteps = 10;

    // gamma cannot exceed the columns: close to them it says how many there are, not how many the data determine.
    private const double SuspiciousShare = 0.5;

    // The gradient of loss and prior beside either alone, at a stationary point 0.
    private const double StationaryShare = 0.1;

    /// <summary>
    /// Chooses the prior precision by the rule that was measured to be safe: by the likelihood of validation
    /// data where there are some; else by evidence, which is safe for a last layer, and for a network that is
    /// a stationary point of its own prior under a Fisher that holds all data. Otherwise <see
    /// cref="Warnings"/> says so.
    /// </summary>
    /// <param name="validation">Inputs and labels that the network was not trained with; null: none.</param>
    /// <param name="options">How predictions are made of them; null: linearised, by probit.</param>
    /// <param name="progress">Told how often all of them were predicted.</param>
    /// <param name="cancellation">Looked at between predictions.</param>
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
    /// The same on a thread of the pool, which also enumerates the data. Nothing else may use the posterior
    /// or its model meanwhile.
    /// </summary>
    /// <inheritdoc cref="Tune"/>
    public Task TuneAsync(
        IEnumerable<(Tensor Input, Tensor Target)>? validation = null,
        PredictionOptions? options = null,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    ) => Task.Run(() => Tune(validation, options, progress, cancellation), cancellation);

    /// <summary>
    /// Chooses the prior precision of the largest evidence: one for all layers, or one each.
    /// </summary>
    /// <exception cref="InvalidOperationException">The posterior was fitted without labels.</exception>
    /// <exception cref="NumericalFailure">The evidence has no largest value.</exception>
    public void TuneByEvidence(bool perLayer = false)
    {
        _ = LogLikelihood;
        using (var scope = NewDisposeScope())
            SetPriorPrecision(
                perLayer
                    ? LayerEvidence.optimum(Alive)
                    : [Evidence.optimum(PosteriorModule.distance(Alive), PosteriorModule.spectrum(Alive))]
            );
        NoteEvidence();
    }

    /// <summary>
    /// Chooses the observation noise of a normal likelihood and the prior precision together by evidence:
    /// sigma^2 = sum of squared errors / (n - gamma), until neither changes (MacKay 1992).
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The likelihood is another, or there were no labels.
    /// </exception>
    public void TuneNoiseByEvidence()
    {
        if (Likelihood is not Likelihood.Gaussian { sigma: var sigma })
            throw new InvalidOperationException(
                "Only a normal likelihood with one sigma has observation noise."
            );
        var entries = Facts.Entries;
        var squares =
            -2 * sigma * sigma * (LogLikelihood + LaplaceFacts.Normaliser(Facts.Likelihood, entries));
        for (var round = 0; round < 100; round++)
        {
            TuneByEvidence();
            var next = Math.Sqrt(squares / Math.Max(1e-9 * entries, entries - EffectiveParameters));
            Rescale(sigma, next, squares);
            if (Math.Abs(Math.Log(next / sigma)) < 1e-10)
                return;
            sigma = next;
        }
    }

    private void Rescale(double before, double sigma, double squares)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var data = DataPrecisionModule.scale(before * before / (sigma * sigma), Alive.Data);
        var mean = Alive.Mean;
        Adopt(PosteriorModule.withTemperature(Temperature, PosteriorModule.make(mean, data, Alive.Prior)));
        var likelihood = Likelihood.NewGaussian(sigma);
        Facts = Facts with
        {
            Likelihood = likelihood,
            LogLikelihood =
                -squares / (2 * sigma * sigma) - LaplaceFacts.Normaliser(likelihood, Facts.Entries),
        };
    }

    /// <summary>
    /// Chooses the prior precision, one for all layers, whose predictions make validation labels most likely:
    /// a grid, then golden section on its logarithm.
    /// </summary>
    /// <param name="validation">
    /// Inputs and labels that the network was not trained with, not the test set.
    /// </param>
    /// <param name="options">How predictions are made of them; null: linearised, by probit.</param>
    /// <param name="progress">Told how often all of them were predicted.</param>
    /// <param name="cancellation">Looked at between predictions.</param>
    public void TuneByValidation(
        IEnumerable<(Tensor Input, Tensor Target)> validation,
        PredictionOptions? options = null,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(validation);
        using var data = new ValidationLoss(this, validation, options ?? new(), progress);
        var before = PriorPrecision.ToArray();
        try
        {
            SetPriorPrecision(
                PrecisionSearch.Minimise(
                    precision =>
                    {
                        cancellation.ThrowIfCancellationRequested();
                        SetPriorPrecision(precision);
                        return data.Value();
                    },
                    Grid,
                    SectionSteps
                )
            );
        }
        catch
        {
            SetPriorPrecision(before);
            throw;
        }
    }

    /// <summary>Chooses the temperature in the same way, for the prior precisions as they are.</summary>
    /// <param name="validation">
    /// Inputs and labels that the network was not trained with, not the test set.
    /// </param>
    /// <param name="options">How predictions are made of them; null: linearised, by probit.</param>
    /// <param name="progress">Told how often all of them were predicted.</param>
    /// <param name="cancellation">Looked at between predictions.</param>
    public void TuneTemperatureByValidation(
        IEnumerable<(Tensor Input, Tensor Target)> validation,
        PredictionOptions? options = null,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(validation);
        using var data = new ValidationLoss(this, validation, options ?? new(), progress);
        var before = Temperature;
        double[] grid = [.. Enumerable.Range(-5, 8).Select(power => Math.Pow(10, power))];
        try
        {
            Temperature = PrecisionSearch.Minimise(
                temperature =>
                {
                    cancellation.ThrowIfCancellationRequested();
                    Temperature = temperature;
                    return data.Value();
                },
                grid,
                SectionSteps
            );
        }
        catch
        {
            Temperature = before;
            throw;
        }
    }

    /// <summary>
    /// The norm of the penalised loss's gradient, |N grad L + P (theta* - mean)|, beside |N grad L| + |P
    /// (theta* - mean)|: 0 where the network is a stationary point of its prior, 1 at most. Null where it was
    /// fitted without labels.
    /// </summary>
    public double? Unrest()
    {
        if (gradient is null)
            return null;
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var (sum, loss, penalty) = (0.0, 0.0, 0.0);
        for (var l = 0; l < layers.Length; l++)
        {
            var mean = Alive.Prior.Mean is { Length: > 0 } means ? Alive.Mean[l] - means[l] : Alive.Mean[l];
            var (x, y) = (gradient[l] * (double)Facts.DataPoints, mean * PriorPrecision[l]);
            sum += (x + y).square().sum().ToDouble();
            loss += x.square().sum().ToDouble();
            penalty += y.square().sum().ToDouble();
        }
        return Math.Sqrt(sum) / (Math.Sqrt(loss) + Math.Sqrt(penalty));
    }

    private void NoteEvidence()
    {
        warnings.RemoveAll(warning => warning.StartsWith(EvidencePrefix, StringComparison.Ordinal));
        var gamma = EffectiveParameters;
        if (!Facts.IsWhole && Alive.Data.IsLowRank && gamma > SuspiciousShare * Columns)
            Warn(
                $"{EvidencePrefix} {gamma:F0} effective parameters of {Columns} columns at most: the columns are too "
                    + "few, the prior precision too small, and predictions too uncertain; use validation data, more "
                    + "data points, or Kronecker factors."
            );
        if (!Facts.IsLastLayer && Unrest() is > StationaryShare and var unrest)
            Warn(
                $"{EvidencePrefix} the network is no stationary point of this prior: the gradient of loss and prior "
                    + $"has {unrest:P0} of the norm that it could have at most, where a trained one has 0 %; predictions "
                    + "are likely too uncertain; use validation data, or train with this weight decay."
            );
    }

    private const string EvidencePrefix = "The evidence may mislead:";
}
