using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>
/// Every number that a posterior returns is finite, or there is an error that names where, whatever the size of data,
/// prior precision and temperature.
/// </summary>
public sealed class FiniteResultTests
{
    private static readonly double[] Sizes = [1e-300, 1, 1e18, 1e150];

    private static readonly (double Precision, double Temperature)[] Settings =
    [
        (1e-300, 1),
        (1e-30, 1),
        (1e-30, 1e10),
        (1, 1),
        (1, 1e-300),
        (1, 1e300),
        (1e30, 1e-300),
        (1e300, 1),
    ];

    private static readonly PredictionOptions Few = new() { Samples = 3 };

    public static TheoryData<CurvatureStructure, ScalarType, Loss> Cases
    {
        get
        {
            var cases = new TheoryData<CurvatureStructure, ScalarType, Loss>();
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
            foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64 })
            foreach (var loss in Enum.GetValues<Loss>())
                if (structure == CurvatureStructure.Kronecker || loss is Loss.CrossEntropy or Loss.SquaredError)
                    cases.Add(structure, type, loss);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Results_are_finite_or_an_error_names_where(CurvatureStructure structure, ScalarType type, Loss loss)
    {
        using var scope = NewDisposeScope();
        var faults = new List<string>();
        foreach (var size in Sizes)
        {
            using var own = NewDisposeScope();
            manual_seed(3);
            var model = nn.Sequential(("fc1", nn.Linear(3, 4, dtype: type)), ("fc2", nn.Linear(4, 2, dtype: type)));
            var input = randn(5, 3, dtype: type) * size;
            var target = loss switch
            {
                Loss.CrossEntropy => arange(5).remainder(2),
                Loss.SquaredError => randn(5, 2, dtype: type) * size,
                _ => ones(5, 2, dtype: type),
            };
            LaplacePosterior? fitted = null;
            Judge(
                $"fit at {size}",
                () =>
                {
                    fitted = LaplacePosterior.Fit(model, loss, [(input, target)], new() { Structure = structure });
                    return [fitted.LogLikelihood];
                }
            );
            if (fitted is null)
                continue;
            foreach (var (precision, temperature) in Settings)
            {
                if (!Set(() => fitted.SetPriorPrecision(precision)))
                    continue;
                fitted.Temperature = temperature;
                foreach (var (name, call) in Calls(fitted, randn(5, 3, dtype: type), target))
                    Judge($"{name} at {size}, {precision}, {temperature}", call);
                fitted.SetPriorPrecision(1);
            }
        }
        Assert.True(faults.Count == 0, $"{faults.Count}: {string.Join("\n", faults.Take(12))}");

        static bool Set(Action set)
        {
            try
            {
                set();
                return true;
            }
            catch (ArgumentException error)
            {
                Assert.Contains("prior precision must", error.Message, StringComparison.Ordinal);
                return false;
            }
        }

        void Judge(string name, Func<double[]> call)
        {
            try
            {
                if (call().Any(number => !double.IsFinite(number)))
                    faults.Add($"{name} is not finite");
            }
            catch (NumericalFailure)
            {
                // It names where.
            }
            catch (Exception error)
            {
                faults.Add($"{name}: {error.GetType().Name}, {error.Message.Split('\n')[0]}");
            }
        }
    }

    private static IEnumerable<(string, Func<double[]>)> Calls(LaplacePosterior posterior, Tensor x, Tensor y)
    {
        yield return ("Variances", () => Numbers(posterior.Variances()));
        yield return ("CovarianceTrace", () => [posterior.CovarianceTrace]);
        yield return ("LogDetPrecision", () => [posterior.LogDetPrecision]);
        yield return ("Divergence", () => [posterior.Divergence]);
        yield return ("EffectiveParameters", () => [posterior.EffectiveParameters]);
        yield return ("LogEvidence", () => [posterior.LogEvidence]);
        yield return ("StationarityGap", () => [posterior.StationarityGap()!.Value]);
        yield return ("Sample", () => Numbers(posterior.Sample(2, new Generator(1))));
        yield return ("LogDensity", () => [posterior.LogDensity([.. posterior.Core.Mean.Select(mean => mean + 1)])]);
        yield return (
            "CovarianceProduct",
            () => Numbers(posterior.CovarianceProduct([.. posterior.Core.Mean.Select(mean => ones_like(mean))]))
        );
        yield return ("Predict", () => Of(posterior.Predict(x, Few)));
        yield return (
            "sampled",
            () => Of(posterior.Predict(x, new() { Type = PredictionType.SampledWeights, Samples = 2 }))
        );
        yield return ("NegativeLogLikelihood", () => [posterior.NegativeLogLikelihood(posterior.Predict(x, Few), y)]);
        if (posterior.Loss == Loss.CrossEntropy)
            yield return (
                "bridge",
                () => Of(posterior.Predict(x, new() { Link = LinkApproximation.LaplaceBridge, Samples = 3 }))
            );
        yield return ("PredictJointly", () => Numbers(posterior.PredictJointly(x).Covariance));
        yield return (
            "EvidenceCurve",
            () => [.. posterior.EvidenceCurve(1e-10, 1, 1e10).Select(point => point.LogEvidence)]
        );
        yield return (
            "TuneByEvidence",
            () =>
            {
                posterior.TuneByEvidence();
                return [posterior.LogEvidence, .. posterior.PriorPrecision];
            }
        );
    }

    private static double[] Of(Prediction prediction) =>
        Numbers([prediction.Output, prediction.Variance, prediction.Probabilities ?? prediction.Output]);

    private static double[] Numbers(params Tensor[] tensors) =>
        [
            .. tensors.SelectMany(tensor =>
                tensor.to(ScalarType.Float64).flatten().contiguous().data<double>().ToArray()
            ),
        ];
}
