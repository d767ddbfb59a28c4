using System.Reflection;
using Foof.CSharp.Tests.Api;
using static TorchSharp.torch;

namespace Foof.Laplace.Tests.Api;

/// <summary>An exception about an argument names the parameter of the method that was called.</summary>
public sealed class ParameterNameTests
{
    private static readonly ParameterNames Api = new(typeof(LaplacePosterior).Assembly, Sample, Instance);

    public static TheoryData<string> Mistakes => [.. Api.Mistakes];

    [Theory]
    [MemberData(nameof(Mistakes))]
    public Task A_wrong_argument_is_named_as_its_parameter(string mistake) => Api.IsNamed(mistake);

    [Fact]
    public void A_wrong_option_is_named_as_its_property()
    {
        using var problem = new SmallProblem(trained: false);
        using var posterior = problem.Fit();
        Refused(nameof(LaplaceOptions.PriorPrecision), () => problem.Fit(new() { PriorPrecision = 0 }));
        Refused(nameof(LaplaceOptions.MemoryBudget), () => problem.Fit(new() { MemoryBudget = 0 }));
        Refused(nameof(LaplaceOptions.DataPoints), () => problem.Fit(new() { DataPoints = 0 }));
        Refused(nameof(LaplaceOptions.Structure), () => problem.Fit(new() { Structure = (CurvatureStructure)99 }));
        Refused(nameof(PredictionOptions.Samples), () => Predict(new() { Samples = 0 }));
        Refused(nameof(PredictionOptions.MemoryBudget), () => Predict(new() { MemoryBudget = 0 }));
        Refused(nameof(PredictionOptions.Type), () => Predict(new() { Type = (PredictionType)99 }));
        Refused(nameof(PredictionOptions.Link), () => Predict(new() { Link = (LinkApproximation)99 }));
        Refused(nameof(ContinualOptions.Strength), () => Consolidation(new() { Strength = -1 }));
        Refused(nameof(ContinualOptions.Decay), () => Consolidation(new() { Decay = double.NaN }));
        Refused(nameof(ContinualOptions.ColumnBudget), () => Consolidation(new() { ColumnBudget = 0 }));
        Refused(nameof(ContinualOptions.MemoryBudget), () => Consolidation(new() { MemoryBudget = 0 }));
        Refused(nameof(ContinualOptions.Tasks), () => Consolidation(new() { Tasks = (ContinualTasks)99 }));

        void Predict(PredictionOptions options) => posterior.Predict(problem.Input, options).Dispose();
        void Consolidation(ContinualOptions options) =>
            new ElasticWeightConsolidation(problem.Model, Loss.CrossEntropy, options).Dispose();
        void Refused(string name, Action make)
        {
            var error = Assert.ThrowsAny<ArgumentException>(make);
            Assert.Equal(name, error.ParamName);
            Assert.Contains(name, error.Message, StringComparison.Ordinal);
        }
    }

    private static object? Sample(ParameterInfo parameter)
    {
        if (parameter.HasDefaultValue)
            return parameter.DefaultValue;
        var problem = new SmallProblem(trained: false);
        var type = parameter.ParameterType;
        return type == typeof(nn.Module<Tensor, Tensor>) ? problem.Model
            : type == typeof(Tensor) ? OfTensor(parameter.Name!, problem)
            : type == typeof(Tensor[]) ? problem.Fit().Variances()
            : type == typeof(double[]) ? new[] { 1.0 }
            : type == typeof(IEnumerable<long>) ? new[] { 0L, 1 }
            : type == typeof(IEnumerable<Tensor>) ? new[] { problem.Input }
            : type == typeof(IEnumerable<(Tensor, Tensor)>) ? problem.Batches
            : type == typeof(Prediction) ? problem.Fit().Predict(problem.Input)
            : type == typeof(string) ? Path.GetTempPath() + "foof-nowhere/none"
            : type == typeof(double) ? 0.5
            : type == typeof(int) || type == typeof(long) ? 1
            : type.IsEnum ? Enum.ToObject(type, 0)
            : throw new NotSupportedException($"{parameter.Member}: {parameter.Name}, {type}");
    }

    private static Tensor OfTensor(string name, SmallProblem problem) =>
        name switch
        {
            "probabilities" => problem.Model.call(problem.Input).softmax(1).detach(),
            "output" or "outputs" => problem.Model.call(problem.Input).detach(),
            "labels" or "target" => problem.Target,
            "inside" or "outside" => problem.Input.narrow(1, 0, 1).flatten(),
            _ => problem.Input,
        };

    private static object Instance(Type type)
    {
        var problem = new SmallProblem(trained: false);
        return type == typeof(LaplacePosterior) ? problem.Fit()
            : type == typeof(ElasticWeightConsolidation)
                ? new ElasticWeightConsolidation(problem.Model, Loss.CrossEntropy)
            : type == typeof(SynapticIntelligence) ? new SynapticIntelligence(problem.Model)
            : type == typeof(TaskHead) ? new TaskHead(problem.Model, [0, 1])
            : type == typeof(TemperatureScaling) ? new TemperatureScaling(1)
            : throw new NotSupportedException($"{type}");
    }
}
