using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>Modules that are random or mix data points are refused by name wherever a model is run.</summary>
public sealed class SoundModelTests
{
    private static readonly Dictionary<string, Func<nn.Module<Tensor, Tensor>>> Kinds = new()
    {
        ["Dropout"] = () => nn.Dropout(0.1),
        ["Dropout1d"] = () => nn.Dropout1d(0.1),
        ["Dropout2d"] = () => nn.Dropout2d(0.1),
        ["Dropout3d"] = () => nn.Dropout3d(0.1),
        ["AlphaDropout"] = () => nn.AlphaDropout(0.1),
        ["FeatureAlphaDropout"] = () => nn.FeatureAlphaDropout(0.1),
        ["BatchNorm1d"] = () => nn.BatchNorm1d(3),
    };

    public static TheoryData<string> Names => [.. Kinds.Keys];

    // Dropout1d takes [n; C; positions] alone.
    private static Sequential Around(nn.Module<Tensor, Tensor> module) =>
        nn.Sequential(
            ("first", nn.Linear(2, 3)),
            ("apart", nn.Unflatten(1, [3, 1])),
            ("middle", module),
            ("flat", nn.Flatten()),
            ("last", nn.Linear(3, 3))
        );

    [Theory]
    [MemberData(nameof(Names))]
    public void In_training_mode_everywhere_and_in_evaluation_mode_nowhere(string name)
    {
        using var scope = NewDisposeScope();
        using var model = Around(Kinds[name]());
        var (input, target) = SmallProblem.Draw(12);
        model.eval();
        using var posterior = LaplacePosterior.Fit(model, Loss.CrossEntropy, [(input, target)]);
        using var tasks = new ElasticWeightConsolidation(model, Loss.CrossEntropy);
        Action[] calls =
        [
            () => LaplacePosterior.Fit(model, Loss.CrossEntropy, [(input, target)]).Dispose(),
            () => posterior.Update([(input, target)]),
            () => posterior.Predict(input).Dispose(),
            () => tasks.Consolidate([(input, target)]),
            () => CurvatureMatrix.Fisher(model, Loss.CrossEntropy, input).Dispose(),
        ];
        foreach (var call in calls)
            call();
        model.train();
        foreach (var call in calls)
            Refused("'middle' must be in evaluation mode", "call model.eval() first", call);
    }

    [Fact]
    public void Batch_norm_without_running_statistics_is_refused_in_evaluation_mode_too()
    {
        using var scope = NewDisposeScope();
        using var model = Around(nn.BatchNorm1d(3, track_running_stats: false));
        var (input, target) = SmallProblem.Draw(12);
        model.eval();
        void Fit() => LaplacePosterior.Fit(model, Loss.CrossEntropy, [(input, target)]).Dispose();
        Refused("'middle' must have running statistics", "track_running_stats: true", Fit);
    }

    [Fact]
    public void Dropout_that_drops_nothing_is_let_through()
    {
        using var scope = NewDisposeScope();
        using var model = Around(nn.Dropout(0));
        LaplacePosterior.Fit(model, Loss.CrossEntropy, [SmallProblem.Draw(12)]).Dispose();
    }

    private static void Refused(string requirement, string remedy, Action call)
    {
        var error = Assert.ThrowsAny<ArgumentException>(call);
        Assert.Contains(requirement, error.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, error.Message, StringComparison.Ordinal);
    }
}
