using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>Class labels may have any whole type: each entry finds what it finds for Int64.</summary>
public sealed class LabelTypeTests
{
    private static readonly Dictionary<string, Func<Tensor, Tensor, double>> Entries = new()
    {
        ["a fit and its evidence"] = (x, y) => Fit(x, y, FisherType.Ggn).LogEvidence,
        ["an empirical Fisher"] = (x, y) => Fit(x, y, FisherType.Empirical).LogDetPrecision,
        ["an update"] = (x, y) =>
        {
            var posterior = Fit(x, y.to(ScalarType.Int64));
            posterior.Update([(x, y)]);
            return posterior.LogDetPrecision;
        },
        ["tuning"] = (x, y) =>
        {
            var posterior = Fit(x, y.to(ScalarType.Int64));
            posterior.TuneByValidation([(x, y)]);
            posterior.TuneTemperatureByValidation([(x, y)]);
            return posterior.PriorPrecision[0] * posterior.Temperature;
        },
        ["the likelihood of predictions"] = (x, y) =>
        {
            var posterior = Fit(x, y.to(ScalarType.Int64));
            return posterior.NegativeLogLikelihood(posterior.Predict(x), y);
        },
        ["scores"] = (x, y) => Calibration.Brier(ones(x.shape[0], 3) / 3, y),
        ["temperature scaling"] = (x, y) => TemperatureScaling.Fit(x.narrow(1, 0, 2).repeat(1, 2), y).Temperature,
        ["a step"] = (x, y) => new KfacOptimizer(Model()).Step(x, y).ReadLoss(),
        ["a plain loop"] = (x, y) =>
        {
            var optimizer = new KfacOptimizer(Model());
            optimizer.UpdateCurvature(x, y);
            return optimizer.BatchesSeen;
        },
        ["a trainer"] = (x, y) => Trainer.Fit(new FoofOptimizer(Model()), x, y, 2, batchSize: 20)[1].Loss,
        ["a gradient"] = (x, y) => Curvature(x).Gradient(x, y)[0].sum().ToDouble(),
        ["influence"] = (x, y) => new InfluenceFunction(Curvature(x), 0.1).OfPoints(x, y, x, y).sum().ToDouble(),
        ["consolidation"] = (x, y) =>
        {
            var model = Model();
            var learner = new ElasticWeightConsolidation(
                model,
                Loss.CrossEntropy,
                new() { FisherType = FisherType.Empirical }
            );
            learner.Consolidate([(x, y)]);
            using (no_grad())
                model.parameters().First().add_(1);
            return learner.Penalty().ToDouble();
        },
    };

    public static TheoryData<string> Names => [.. Entries.Keys];

    private static nn.Module<Tensor, Tensor> Model()
    {
        manual_seed(3);
        return nn.Sequential(("fc", nn.Linear(2, 3)));
    }

    private static LaplacePosterior Fit(Tensor x, Tensor y, FisherType? fisher = null) =>
        LaplacePosterior.Fit(Model(), Loss.CrossEntropy, [(x, y)], new() { FisherType = fisher });

    private static CurvatureMatrix Curvature(Tensor x) => CurvatureMatrix.Fisher(Model(), Loss.CrossEntropy, x);

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_entry_takes_every_whole_type(string name)
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var (x, y) = (randn(40, 2), arange(40).remainder(3));
        var ignored = y.clone();
        ignored[4] = -100;
        var (expected, expectedIgnored) = (Entries[name](x, y), Entries[name](x, ignored));
        foreach (var type in new[] { ScalarType.Int32, ScalarType.Int16, ScalarType.Int8, ScalarType.Byte })
            Assert.Equal(expected, Entries[name](x, y.to(type)));
        foreach (var type in new[] { ScalarType.Int32, ScalarType.Int16, ScalarType.Int8 })
            Assert.Equal(expectedIgnored, Entries[name](x, ignored.to(type)));
    }

    // -100 of 8 bits without a sign is 156.
    [Fact]
    public void A_byte_is_never_ignored()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var (x, y) = (randn(6, 2), full(6, 156, dtype: ScalarType.Byte));
        var model = nn.Linear(2, 200);
        Assert.Equal(
            LaplacePosterior.Fit(model, Loss.CrossEntropy, [(x, y.to(ScalarType.Int64))]).LogLikelihood,
            LaplacePosterior.Fit(model, Loss.CrossEntropy, [(x, y)]).LogLikelihood
        );
    }
}
