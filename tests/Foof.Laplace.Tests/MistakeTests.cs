using static TorchSharp.torch;

namespace Foof.Laplace.Tests;

/// <summary>
/// Mistakes are refused with a sentence that says what to do, and change nothing.
/// </summary>
public sealed class MistakeTests
{
    private static readonly (Tensor, Tensor?)[] None = [];

    [Fact]
    public void A_model_without_covered_layers_lists_what_it_found()
    {
        using var scope = NewDisposeScope();
        var model = nn.Sequential(("act", nn.ReLU()));
        foreach (
            var (subject, action) in new (string, Action)[]
            {
                ("LaplacePosterior", () => LaplacePosterior.Fit(model, Loss.CrossEntropy, None)),
                ("ElasticWeightConsolidation", () => _ = new ElasticWeightConsolidation(model, Loss.CrossEntropy)),
                ("SynapticIntelligence", () => _ = new SynapticIntelligence(model)),
            }
        )
            Refused([subject, "ReLU", "no parameters"], action);
        Refused(
            ["'fc.weight' [3; 2]", "it was not selected"],
            () =>
                LaplacePosterior.Fit(
                    nn.Sequential(("fc", nn.Linear(2, 3))),
                    Loss.CrossEntropy,
                    None,
                    new() { Select = (_, _) => false }
                )
        );
    }

    [Fact]
    public void A_wrong_type_names_both()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        var wrong = problem.Input.to(ScalarType.Float64);
        using var posterior = problem.Fit();
        using var tasks = new ElasticWeightConsolidation(problem.Model, Loss.CrossEntropy);
        foreach (
            var action in new Action[]
            {
                () => LaplacePosterior.Fit(problem.Model, Loss.CrossEntropy, [(wrong, problem.Target)]),
                () => posterior.Predict(wrong),
                () => posterior.Predict(wrong, new() { Type = PredictionType.SampledWeights, Samples = 2 }),
                () => posterior.PredictJointly(wrong),
                () => posterior.Tune([(wrong, problem.Target)]),
                () => tasks.Consolidate([(wrong, problem.Target)]),
                () => tasks.Consolidate([(wrong, null)]),
            }
        )
            Refused(["input", "Float32", "Float64"], action);
        posterior.Predict(problem.Input);
        Assert.Equal(0, tasks.Tasks);
    }

    [Fact]
    public void Settings_out_of_their_range_are_named()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        Refused(["loss"], () => LaplacePosterior.Fit(problem.Model, (Loss)7, problem.Batches));
        Refused(
            ["observationNoise", "0"],
            () =>
                LaplacePosterior.Fit(problem.Model, Loss.SquaredError, problem.Batches, new() { ObservationNoise = 0 })
        );
        Refused(
            ["sampledLabels", "0"],
            () => problem.Fit(new() { FisherType = FisherType.MonteCarlo, SampledLabels = 0 })
        );
        Refused(["fisherType"], () => problem.Fit(new() { FisherType = (FisherType)7 }));
        Refused(["Structure"], () => problem.Fit(new() { Structure = (CurvatureStructure)99 }));
        Refused(["DataPoints", "0"], () => problem.Fit(new() { DataPoints = 0 }));
        Refused(["MemoryBudget", "0"], () => problem.Fit(new() { MemoryBudget = 0 }));
        using var posterior = problem.Fit();
        Refused(["Type"], () => posterior.Predict(problem.Input, new() { Type = (PredictionType)7 }));
        Refused(["Link"], () => posterior.Predict(problem.Input, new() { Link = (LinkApproximation)7 }));
        Refused(["mean", "null"], () => posterior.SetPriorMean(null!, null!));
        Refused(["samples"], () => posterior.SampleInto(null!));
        Refused(["Temperature"], () => new TemperatureScaling(0).Apply(ones(1, 2)));
        Refused(["Probabilities", "[2]"], () => Calibration.Entropy(ones(2)));
        Refused(
            ["Tasks"],
            () =>
                _ = new ElasticWeightConsolidation(
                    problem.Model,
                    Loss.CrossEntropy,
                    new() { Tasks = (ContinualTasks)7 }
                )
        );
    }

    [Fact]
    public void A_call_that_comes_too_early_names_the_one_that_is_missing()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var tasks = new SynapticIntelligence(problem.Model);
        problem.Model.zero_grad();
        foreach (var parameter in problem.Model.parameters())
            parameter.grad = null;
        Assert.Contains(
            "backward()",
            Assert.Throws<InvalidOperationException>(tasks.BeforeStep).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "BeforeStep",
            Assert.Throws<InvalidOperationException>(tasks.AfterStep).Message,
            StringComparison.Ordinal
        );
        using var posterior = LaplacePosterior.Fit(problem.Model, Loss.CrossEntropy, [(problem.Input, null)]);
        Assert.Contains(
            "labels",
            Assert.Throws<InvalidOperationException>(() => posterior.Tune()).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Disposed_objects_say_that_they_are()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        var posterior = problem.Fit();
        var tasks = new SynapticIntelligence(problem.Model);
        posterior.Dispose();
        tasks.Dispose();
        foreach (
            var action in new Action[]
            {
                () => posterior.Predict(problem.Input),
                () => posterior.Tune(),
                () => posterior.Sample(1),
                () => posterior.Save("file"),
                () => posterior.EvidenceCurve(1),
                () => _ = posterior.Temperature,
                () => tasks.BeforeStep(),
                () => tasks.AfterStep(),
                () => tasks.AddGradient(),
                () => tasks.Gradients(),
                () => tasks.Consolidate(),
            }
        )
            Assert.Throws<ObjectDisposedException>(action);
    }

    [Fact]
    public void An_optimiser_takes_tasks_and_gives_them_back()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var tasks = new SynapticIntelligence(problem.Model);
        using var optimizer = new FoofOptimizer(problem.Model);
        Assert.Null(optimizer.Penalty);
        optimizer.Penalty = tasks;
        Assert.Same(tasks, optimizer.Penalty);
        Assert.Empty(tasks.Gradients());
        optimizer.Penalty = null;
        Assert.Null(optimizer.Penalty);
    }

    [Fact]
    public void A_target_that_would_be_broadcast_is_refused()
    {
        using var scope = NewDisposeScope();
        var model = nn.Linear(2, 1);
        var (input, target) = (randn(5, 2), randn(5, 1));
        using var posterior = LaplacePosterior.Fit(model, Loss.SquaredError, [(input, target)]);
        using var prediction = posterior.Predict(input);
        Refused(["target", "[5; 1]", "[5]"], () => posterior.NegativeLogLikelihood(prediction, target.squeeze(1)));
        Assert.True(double.IsFinite(posterior.NegativeLogLikelihood(prediction, target)));
    }

    private static void Refused(string[] parts, Action action)
    {
        var error = Assert.ThrowsAny<ArgumentException>(action);
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_batch_without_an_input_is_named_by_its_number()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var tasks = new ElasticWeightConsolidation(problem.Model, Loss.CrossEntropy);
        (Tensor, Tensor?)[] batches = [.. problem.Batches, (null!, problem.Target)];
        Refused(
            ["batch 3 must have an input; it is null"],
            () => LaplacePosterior.Fit(problem.Model, Loss.CrossEntropy, batches)
        );
        Refused(["batch 3 must have an input; it is null"], () => tasks.Consolidate(batches));
        Assert.Equal(0, tasks.Tasks);
    }

    [Fact]
    public void A_logger_that_is_null_is_refused_where_it_is_set()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = problem.Fit();
        using var tasks = new SynapticIntelligence(problem.Model);
        Assert.Throws<ArgumentNullException>(() => posterior.Logger = null!);
        Assert.Throws<ArgumentNullException>(() => tasks.Logger = null!);
        Assert.Throws<ArgumentNullException>(() => new LaplaceOptions { Logger = null! });
        Assert.Same(Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, posterior.Logger);
    }

    [Fact]
    public void A_prior_mean_must_be_finite_and_like_the_weights()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = problem.Fit();
        var mean = posterior.Core.Mean.Select(matrix => matrix * 0.5f).ToArray();
        var before = posterior.LogEvidence;
        Refused(
            ["prior's mean", "Float32", "Float64"],
            () => posterior.SetPriorMean([.. mean.Select(matrix => matrix.to(ScalarType.Float64))])
        );
        Refused(
            ["prior's mean", "meta"],
            () => posterior.SetPriorMean([.. mean.Select(matrix => matrix.to(device("meta")))])
        );
        var bad = mean.Select(matrix => matrix.clone()).ToArray();
        bad[1][0, 0] = float.NaN;
        Assert.Contains(
            "prior's mean",
            Assert.Throws<NumericalFailure>(() => posterior.SetPriorMean(bad)).Message,
            StringComparison.Ordinal
        );
        Assert.Equal(before, posterior.LogEvidence);
        posterior.SetPriorMean(mean);
        Assert.True(posterior.LogEvidence > before);
    }

    [Fact]
    public void A_model_that_is_converted_afterwards_is_refused()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = problem.Fit();
        using var tasks = new ElasticWeightConsolidation(problem.Model, Loss.CrossEntropy);
        problem.Model.to(ScalarType.Float64);
        var input = problem.Input.to(ScalarType.Float64);
        void SaysReplaced(string owner, Action action) =>
            Assert.StartsWith(
                $"{owner} was made for parameters that the model no longer has",
                Assert.Throws<InvalidOperationException>(action).Message
            );
        SaysReplaced(nameof(LaplacePosterior), () => posterior.Predict(input));
        SaysReplaced(nameof(LaplacePosterior), () => posterior.PredictJointly(input));
        SaysReplaced(nameof(ElasticWeightConsolidation), () => tasks.Penalty());
        SaysReplaced(nameof(ElasticWeightConsolidation), () => tasks.Consolidate([(input, null)]));
    }

    [Fact]
    public void A_prediction_of_another_likelihood_is_refused()
    {
        using var scope = NewDisposeScope();
        var model = nn.Linear(2, 1);
        var (input, target) = (randn(5, 2), ones(5, 1));
        using var normal = LaplacePosterior.Fit(model, Loss.SquaredError, [(input, target)]);
        using var binary = LaplacePosterior.Fit(model, Loss.BinaryCrossEntropy, [(input, target)]);
        using var prediction = normal.Predict(input);
        Refused(["prediction", "probabilities"], () => binary.NegativeLogLikelihood(prediction, target));
    }

    [Fact]
    public void A_curve_of_evidence_without_labels_is_refused()
    {
        using var scope = NewDisposeScope();
        using var problem = new SmallProblem();
        using var posterior = LaplacePosterior.Fit(problem.Model, Loss.CrossEntropy, [(problem.Input, null)]);
        Assert.Contains(
            "labels",
            Assert.Throws<InvalidOperationException>(() => posterior.EvidenceCurve(1)).Message,
            StringComparison.Ordinal
        );
    }
}
