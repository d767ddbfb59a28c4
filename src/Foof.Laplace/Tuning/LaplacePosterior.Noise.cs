using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

// The choice of a normal likelihood's observation noise.
public sealed partial class LaplacePosterior
{
    private const int MostRounds = 1000;
    private const string NoNoiseLeft = "there the posterior alone explains the network's errors";
    private const string AllNoise = "there the noise alone explains the network's errors";

    /// <summary>
    /// Chooses the observation noise of a normal likelihood and the prior precision together by evidence:
    /// sigma^2 = sum of squared errors / (n - gamma), until neither changes (MacKay 1992).
    /// </summary>
    /// <remarks>
    /// n counts the labels' numbers, <see cref="LaplaceSummary.Entries"/>. All layers get one prior precision; the
    /// eigenvalues of N F are scaled with 1 / sigma^2 (1 / sigma^4 for the empirical Fisher, and not at all for FOOF), and no
    /// data are read. Afterwards
    /// <see cref="LaplaceSummary.ObservationNoise"/> has the noise, in the labels' units, and
    /// <see cref="Warnings"/> says whether the evidence may mislead.
    /// </remarks>
    /// <exception cref="InvalidOperationException">
    /// The likelihood is not normal with one sigma, or the posterior was fitted without labels or updated.
    /// </exception>
    /// <exception cref="NumericalFailure">
    /// The network fits the labels without an error, the evidence has no maximum, or the iteration does not
    /// converge; nothing changed.
    /// </exception>
    public void TuneNoiseByEvidence()
    {
        var sigma = Sigma;
        _ = LogLikelihood;
        var squares = Summary.SquaredErrors!.Value;
        if (!(squares > 0))
            throw NoNoise("the network fits the labels without an error");
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var (spectrum, distance) = (PosteriorModule.spectrum(Alive), PosteriorModule.distance(Alive));
        for (var round = 0; round < MostRounds; round++)
        {
            using var own = NewDisposeScope();
            var now = new Spectrum(spectrum.Kappa * NoiseScale(sigma), spectrum.Weights);
            var precision = Evidence.optimum(distance, now);
            var free = Summary.Entries - Evidence.effectiveParameters(precision, now);
            var next = Math.Sqrt(squares / Math.Max(1e-9 * Summary.Entries, free));
            if (Math.Abs(Math.Log(next / sigma)) < 1e-10)
            {
                Rescale(next, PriorModule.withPrecision([.. layers.Select(_ => precision)], Alive.Prior));
                NoteEvidence();
                return;
            }
            sigma = next;
        }
        throw NoNoise($"noise and prior precision do not converge in {MostRounds:N0} rounds");
    }

    /// <summary>
    /// Chooses the observation noise of a normal likelihood that makes validation labels most likely, at the
    /// current prior precisions, by a grid search and a golden-section search over its logarithm.
    /// </summary>
    /// <remarks>
    /// It searches from 1/64 to 4 times the root of the network's mean squared error on these data, and beyond by up to
    /// seven factors of 2 if an end is best; if an end is still as good as any value, <see cref="Warnings"/> says so.
    /// Each trial linearises all batches again; inputs and labels stay in memory until the end.
    /// </remarks>
    /// <param name="validation">
    /// Inputs and labels that the network was not trained with, not the test set. They are enumerated once.
    /// </param>
    /// <param name="options">How predictions are made; null means linearised.</param>
    /// <param name="progress">Receives how often the validation data have been predicted, 28 times at most.</param>
    /// <param name="cancellation">Checked between batches.</param>
    /// <exception cref="ArgumentException">
    /// There is no batch, labels do not fit, or an option is out of its range; nothing changed.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The likelihood is not normal with one sigma, or a covered parameter was freed.
    /// </exception>
    /// <exception cref="NumericalFailure">
    /// Weights or data are not finite, the network fits the labels without an error, or the likelihood is not a
    /// number at any noise; nothing changed.
    /// </exception>
    /// <exception cref="OperationCanceledException">The operation was cancelled; nothing changed.</exception>
    public void TuneNoiseByValidation(
        IEnumerable<(Tensor Input, Tensor Target)> validation,
        PredictionOptions? options = null,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(validation);
        var chosen = Checked(options);
        _ = Sigma;
        RequireSound();
        // What is kept for many prior precisions belongs to one noise, so batches are linearised again for
        // each noise.
        using var data = new ValidationLoss(this, validation, chosen, progress, cancellation, keeps: false);
        var scale = Math.Sqrt(data.MeanSquare(model));
        if (!(scale > 0))
            throw NoNoise("the network fits the validation labels without an error");
        double[] grid = [.. Enumerable.Range(-6, 9).Select(power => scale * Math.Pow(2, power))];
        var found = GoldenSectionSearch.Minimise(Loss, grid, SectionSteps, WiderSteps);
        Rescale(found.Value, Alive.Prior);
        ForgetEvidence();
        NoteEnds(WarningTopic.EdgeOfNoise, found, NoNoiseLeft, AllNoise);

        double Loss(double sigma)
        {
            using var scope = NewDisposeScope();
            var (own, summary) = (posterior, Summary);
            try
            {
                (posterior, Summary) = (UnderNoise(sigma, own.Prior), Summary.Under(sigma));
                return data.Value();
            }
            finally
            {
                (posterior, Summary) = (own, summary);
            }
        }
    }

    private double Sigma =>
        Likelihood is Likelihood.Gaussian { sigma: var sigma }
            ? sigma
            : throw new InvalidOperationException("Only a normal likelihood with one sigma has observation noise.");

    private static NumericalFailure NoNoise(string reason) =>
        new(reason, "the observation noise", "give it by LaplaceOptions.ObservationNoise");

    // What N F is multiplied by for another noise: errors at the data's labels have 1 / sigma^2 each, and FOOF's curvature
    // has no errors.
    private double NoiseScale(double sigma)
    {
        var ratio = Sigma * Sigma / (sigma * sigma);
        return Summary.Structure == CurvatureStructure.Foof ? 1
            : Summary.FisherType == FisherType.Empirical ? ratio * ratio
            : ratio;
    }

    private Posterior UnderNoise(double sigma, Prior prior)
    {
        using var unrecorded = no_grad();
        var data = DataPrecisionModule.scale(NoiseScale(sigma), Alive.Data);
        return PosteriorModule.withTemperature(Temperature, PosteriorModule.make(Alive.Mean, data, prior));
    }

    private void Rescale(double sigma, Prior prior)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var (next, summary, before) = (UnderNoise(sigma, prior), Summary.Under(sigma), Sigma);
        Adopt(next);
        Summary = summary;
        // The loss is in units of the noise, and so is its gradient.
        foreach (var matrix in gradient ?? [])
            matrix.mul_(before * before / (sigma * sigma));
    }
}
