using System.Diagnostics;
using Foof.Cli.Data;
using Foof.Cli.Engine;
using Foof.Cli.Output;
using Foof.Cli.Reports.Sections;
using Foof.Cli.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Laplace;

/// <summary>Fits and tunes a posterior, and predicts test images and foreign ones.</summary>
/// <param name="settings">Everything that decides the numbers.</param>
/// <param name="model">The trained network, in evaluation mode.</param>
/// <param name="train">The images that it was trained with.</param>
/// <param name="validation">Images that were held out, to choose the prior; null if none were.</param>
/// <param name="test">The images that it is evaluated on.</param>
/// <param name="dataName">The data set's name, which decides the classes' names.</param>
/// <param name="terminal">Shows progress, and stops the run.</param>
internal sealed class LaplaceRun(
    LaplaceSettings settings,
    nn.Module<Tensor, Tensor> model,
    ImageSet train,
    ImageSet? validation,
    ImageSet test,
    string dataName,
    Terminal terminal
)
{
    private const int FitBatch = 500;
    private const int PredictionBatch = 500;
    private const int CurvePoints = 1000;
    private const int FisherPass = 800_000;
    private const string Given = "given";

    private static readonly string[] ForeignNames = ["noise images", "rotated images"];

    private PredictionOptions Options => settings.Predict with { Samples = settings.Samples, Seed = settings.Seed };

    /// <summary>The posterior; null until it is fitted and its prior is chosen.</summary>
    internal FittedPosterior? Fitted { get; private set; }

    /// <summary>Fits and evaluates; null if the user stopped it.</summary>
    /// <param name="save">Writes the posterior to a file when it is fitted, before it is evaluated.</param>
    internal LaplaceResult? Run(Action<LaplacePosterior> save)
    {
        RequireValidation();
        try
        {
            var (posterior, fit) = Timed(Fit);
            using (posterior)
            {
                var (tuned, tune) = Timed(() => Tune(posterior));
                terminal.Stop.ThrowIfCancellationRequested();
                Fitted = new(
                    settings.Structure.Name,
                    posterior.Parameters,
                    posterior.Columns,
                    [.. posterior.PriorPrecision],
                    tuned,
                    posterior.LogEvidence,
                    posterior.EffectiveParameters,
                    (fit, tune)
                );
                save(posterior);
                var (_, samples) = Timed(() => Draw(posterior));
                return Judge(posterior, Fitted, samples);
            }
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static (T Result, double Seconds) Timed<T>(Func<T> work)
    {
        var start = Stopwatch.GetTimestamp();
        var result = work();
        return (result, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private Device Place => test.Labels.device;

    private LaplacePosterior Fit()
    {
        using var generator = new Generator((ulong)settings.Seed, Place);
        var count = Math.Min(settings.Subsample ?? settings.Structure.Subsample ?? int.MaxValue, train.Count);
        var options = new LaplaceOptions
        {
            LastLayer = settings.Structure.LastLayer,
            FisherType = settings.Labels,
            DataPoints = train.Count,
            MemoryBudget = (long)settings.MemoryBudget << 20,
            PriorPrecision = settings.PriorPrecision ?? 1.0,
        };
        return Tracked(
            $"fit {settings.Structure.Name}",
            Batches.CountOf(count, FitBatch),
            counter =>
                LaplacePosterior.Fit(
                    model,
                    Loss.CrossEntropy,
                    Points(count),
                    options with
                    {
                        Structure = settings.Structure.Fisher ?? Exact(options),
                    },
                    generator,
                    counter,
                    terminal.Stop
                )
        );
    }

    // One image shows which layer runs last.
    private CurvatureStructure Exact(LaplaceOptions options)
    {
        using var image = train.Images.narrow(0, 0, 1);
        return options.ExactStructure(model, image);
    }

    // The images are chosen at random, since a data set may be sorted.
    private IEnumerable<(Tensor, Tensor?)> Points(long count)
    {
        using var batches = new Batches(train, FitBatch, settings.Seed, FisherPass);
        for (var (place, left) = (0, count); left > 0; place++)
        {
            using var scope = NewDisposeScope();
            var (images, labels) = batches[place];
            var taken = Math.Min(left, images.shape[0]);
            left -= taken;
            yield return (images.narrow(0, 0, taken), labels.narrow(0, 0, taken));
        }
    }

    private string How =>
        settings.Tune
        ?? (
            settings.PriorPrecision is not null ? Given
            : validation is not null ? LaplaceSettings.ByValidation
            : LaplaceSettings.ByEvidence
        );

    // This is checked before the fit, which may take long.
    private void RequireValidation()
    {
        if (How == LaplaceSettings.ByValidation && validation is null)
            throw new CommandFailure(
                "--tune validation needs images that were held out of training: train with --validation.",
                ExitCode.Usage
            );
    }

    private string Tune(LaplacePosterior posterior)
    {
        posterior.Temperature = settings.Temperature;
        var how = How;
        if (how == LaplaceSettings.ByValidation)
        {
            terminal.Progress.Line("Choosing the prior precision by the validation images' likelihood.");
            posterior.TuneByValidation(validation!.InOrder(PredictionBatch), Options, cancellation: terminal.Stop);
        }
        else if (how != Given)
            posterior.TuneByEvidence(how == LaplaceSettings.ByLayer);
        return how;
    }

    private long Draw(LaplacePosterior posterior)
    {
        using var generator = new Generator((ulong)settings.Seed, Place);
        var drawn = posterior.Samples(100, generator).Sum(chunk => chunk[0].shape[0]);
        Devices.Settle(Place);
        return drawn;
    }

    private LaplaceResult Judge(LaplacePosterior posterior, FittedPosterior fitted, double samples)
    {
        var (inside, predict) = Timed(() => Predict(posterior, test, "predict"));
        using var noiseImages = ForeignImages.Noise(test, settings.Seed).To(Place);
        using var rotatedImages = ForeignImages.Rotated(test);
        using var noise = Predict(posterior, noiseImages, "predict noise");
        using var rotated = Predict(posterior, rotatedImages, "predict rotated images");
        using var outputs = Outputs(test);
        using (inside)
            return new()
            {
                Fitted = fitted,
                Later = (samples, predict),
                Quality = (Plain(outputs, null), Scaled(outputs), Quality.Of(inside.Probabilities!, test.Labels)),
                Detection = (Detection.Of(inside, noise), Detection.Of(inside, rotated)),
                Reliability = Calibration.Reliability(inside.Probabilities!, test.Labels),
                PlainReliability = PlainReliability(outputs),
                Groups = Groups(inside, (noise, noiseImages), (rotated, rotatedImages)),
                Curve = posterior.EvidenceCurve([
                    .. Enumerable.Range(0, CurvePoints).Select(i => Math.Pow(10, i / 100.0 - 4)),
                ]),
                Warnings = [.. posterior.Warnings],
            };
    }

    private Prediction Predict(LaplacePosterior posterior, ImageSet set, string title) =>
        Tracked(
            title,
            Batches.CountOf(set.Count, PredictionBatch),
            counter => posterior.Predict(Inputs(set), Options, counter, terminal.Stop)
        );

    private static IEnumerable<Tensor> Inputs(ImageSet set) =>
        set.InOrder(PredictionBatch).Select(batch => batch.Images);

    private Tensor Outputs(ImageSet set)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        return scope.MoveToOuter(cat([.. Inputs(set).Select(model.call)], 0));
    }

    private Quality Plain(Tensor outputs, TemperatureScaling? scaling)
    {
        using var scope = NewDisposeScope();
        return Quality.Of((scaling ?? new(1)).Apply(outputs), test.Labels);
    }

    private IReadOnlyList<ReliabilityBin> PlainReliability(Tensor outputs)
    {
        using var scope = NewDisposeScope();
        return Calibration.Reliability(outputs.softmax(1), test.Labels);
    }

    private IReadOnlyList<ImageGroup> Groups(
        Prediction inside,
        params (Prediction Prediction, ImageSet Images)[] foreign
    )
    {
        var own = TestPredictions.Of(inside.Probabilities!, test.Labels).Groups(test, dataName);
        var others = foreign.Zip(
            ForeignNames,
            (one, name) =>
                TestPredictions.Of(one.Prediction.Probabilities!, one.Images.Labels).Foreign(name, one.Images, dataName)
        );
        return [own[0], .. others, .. own.Skip(1)];
    }

    private Quality? Scaled(Tensor outputs)
    {
        if (validation is null)
            return null;
        using var scope = NewDisposeScope();
        return Plain(outputs, TemperatureScaling.Fit(Outputs(validation), validation.Labels));
    }

    private T Tracked<T>(string title, int total, Func<IProgress<int>, T> work)
    {
        T result = default!;
        terminal.Progress.Track(title, total, meter => result = work(new Counter(meter)));
        return result;
    }

    private sealed class Counter(Meter meter) : IProgress<int>
    {
        public void Report(int value) => meter.Show(value, () => "");
    }
}
