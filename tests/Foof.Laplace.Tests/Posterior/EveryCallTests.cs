using Foof.Laplace.Tests.Networks;
using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>
/// Every structure with every loss: each public call frees what it makes, also after an error, and a file predicts what
/// the posterior predicted.
/// </summary>
public sealed class EveryCallTests
{
    private static readonly CancellationToken Stopped = new(canceled: true);

    public static TheoryData<CurvatureStructure, string, ScalarType> Cases
    {
        get
        {
            var cases = new TheoryData<CurvatureStructure, string, ScalarType>();
            foreach (
                var structure in new[]
                {
                    CurvatureStructure.LowRank,
                    CurvatureStructure.Dense,
                    CurvatureStructure.Kronecker,
                    CurvatureStructure.Foof,
                    CurvatureStructure.Diagonal,
                }
            )
            {
                cases.Add(structure, "layer norm, rates", ScalarType.Float64);
                cases.Add(structure, "yes and no, a layer used twice", ScalarType.Float32);
                cases.Add(structure, "a frozen layer and a frozen bias", ScalarType.Float32);
                cases.Add(structure, "numbers at positions", ScalarType.Float64);
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_call_frees_what_it_makes(CurvatureStructure structure, string name, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var network = Zoo.Named(name, type);
        using var posterior = Fit(network, structure);
        var calls = Calls(posterior, network).ToArray();
        foreach (var (_, call) in calls)
            Free(posterior, call);
        var live = LiveTensors.Settled();
        var left = new List<string>();
        foreach (var (what, call) in calls)
        {
            Free(posterior, call);
            if (Tensor.TotalCount != live)
                left.Add($"{what} leaves {Tensor.TotalCount - live} tensors.");
            live = Tensor.TotalCount;
        }
        Assert.Empty(left);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_file_predicts_what_the_posterior_predicts(CurvatureStructure structure, string name, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var network = Zoo.Named(name, type);
        using var posterior = Fit(network, structure);
        posterior.TuneByEvidence();
        posterior.Temperature = 0.3;
        var path = Path.GetTempFileName();
        try
        {
            posterior.Save(path);
            using var again = LaplacePosterior.Load(network.Model, path);
            foreach (var options in Options(network.Loss))
            {
                using var expected = posterior.Predict(network.Input, options);
                using var found = again.Predict(network.Input, options);
                Assert.Equal(Numbers(expected), Numbers(found));
            }
            foreach (var each in new[] { posterior, again })
                each.Update([network.Rows(0, 2)]);
            Assert.Equal(posterior.LogDetPrecision, again.LogDetPrecision);
            Assert.Equal(posterior.Summary, again.Summary);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static double[] Numbers(Prediction prediction) =>
        [
            .. new[]
            {
                prediction.Output,
                prediction.Probabilities,
                prediction.Variance,
                prediction.ProbabilityVariance,
            }
                .OfType<Tensor>()
                .SelectMany(part => part.data<double>().ToArray()),
        ];

    private static LaplacePosterior Fit(Zoo network, CurvatureStructure structure) =>
        LaplacePosterior.Fit(
            network.Model,
            network.Loss,
            [(network.Input, network.Target)],
            new() { Structure = structure }
        );

    private static void Free(LaplacePosterior posterior, Func<LaplacePosterior, IEnumerable<IDisposable>> call) =>
        Unscoped.Run(() =>
        {
            foreach (var result in call(posterior))
                result.Dispose();
        });

    private static IEnumerable<(string, Func<LaplacePosterior, IEnumerable<IDisposable>>)> Calls(
        LaplacePosterior posterior,
        Zoo network
    )
    {
        var (input, target, bad) = (network.Input, network.Target, network.Input * double.NaN);
        var vector = posterior.Sample(1).Select(part => part.squeeze(0)).ToArray();
        var validation = network.Batches.Select(batch => (batch.Input, batch.Target!)).ToArray();
        yield return ("Fit", _ => [Fit(network, posterior.Summary.Structure)]);
        foreach (var options in Options(network.Loss))
            yield return (
                $"Predict by {options.Type} and {options.Link}",
                own => [own.Predict([input, input], options)]
            );
        yield return (
            "PredictJointly",
            own =>
            {
                var (f, v) = own.PredictJointly(input);
                return [f, v];
            }
        );
        yield return (
            "Uncertainty",
            own =>
            {
                using var found = own.Predict(input);
                return [found.Uncertainty()];
            }
        );
        yield return ("Sample", own => own.Sample(2));
        yield return (
            "Samples",
            own =>
            {
                foreach (var _ in own.Samples(3)) { }
                return [];
            }
        );
        yield return ("Variances", own => own.Variances());
        yield return ("CovarianceProduct", own => own.CovarianceProduct(vector));
        yield return ("LogDensity", Done(own => own.LogDensity(vector)));
        yield return (
            "numbers",
            Done(own =>
                _ =
                    own.LogEvidence
                    + own.LogDetPrecision
                    + own.CovarianceTrace
                    + own.EffectiveParameters
                    + own.StationarityGap()
            )
        );
        yield return ("EvidenceCurve", Done(own => own.EvidenceCurve(0.1, 1, 10)));
        yield return (
            "SetPriorPrecision",
            Done(own => own.SetPriorPrecision([.. own.Layers.Select((_, l) => 1.0 + l)]))
        );
        yield return (
            "SetPriorMean",
            own =>
            {
                own.SetPriorMean(vector);
                own.SetPriorMean();
                return [];
            }
        );
        yield return (
            "TuneByEvidence",
            own =>
            {
                own.TuneByEvidence(perLayer: true);
                own.TuneByEvidence();
                return [];
            }
        );
        if (network.Loss != Loss.Poisson)
        {
            yield return (
                "NegativeLogLikelihood",
                own =>
                {
                    using var found = own.Predict(input);
                    own.NegativeLogLikelihood(found, target);
                    return [];
                }
            );
            yield return ("TuneByValidation", Done(own => own.TuneByValidation(validation)));
            yield return ("TuneTemperature", Done(own => own.TuneTemperatureByValidation(validation)));
            yield return (
                "TuneByValidation, stopped",
                own => Refused(() => own.TuneByValidation(validation, cancellation: Stopped))
            );
        }
        if (network.Loss == Loss.SquaredError)
        {
            yield return ("TuneNoiseByEvidence", Done(own => own.TuneNoiseByEvidence()));
            yield return ("TuneNoiseByValidation", Done(own => own.TuneNoiseByValidation(validation)));
            yield return (
                "TuneNoiseByValidation, stopped",
                own => Refused(() => own.TuneNoiseByValidation(validation, cancellation: Stopped))
            );
        }
        yield return ("Predict with a bad second batch", own => Refused(() => own.Predict([input, bad])));
        yield return (
            "Fit to a bad second batch",
            _ =>
                Refused(() =>
                    LaplacePosterior.Fit(
                        network.Model,
                        network.Loss,
                        [(input, target), (bad, target)],
                        new() { Structure = posterior.Summary.Structure }
                    )
                )
        );
        yield return (
            "Update with a bad second batch",
            own => Refused(() => own.Update([(input, target), (bad, target)]))
        );
        yield return ("Update, stopped", own => Refused(() => own.Update([(input, target)], cancellation: Stopped)));
    }

    private static Func<LaplacePosterior, IEnumerable<IDisposable>> Done(Action<LaplacePosterior> call) =>
        own =>
        {
            call(own);
            return [];
        };

    private static IDisposable[] Refused(Action call)
    {
        Assert.ThrowsAny<Exception>(call);
        return [];
    }

    private static IEnumerable<PredictionOptions> Options(Loss loss)
    {
        yield return new();
        yield return new() { Type = PredictionType.SampledWeights, Samples = 3 };
        if (loss is Loss.CrossEntropy or Loss.BinaryCrossEntropy)
            yield return new() { Link = LinkApproximation.MonteCarlo, Samples = 3 };
        if (loss == Loss.CrossEntropy)
            yield return new() { Link = LinkApproximation.LaplaceBridge };
    }
}
