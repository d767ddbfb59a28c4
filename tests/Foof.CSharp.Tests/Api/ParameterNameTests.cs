using System.Reflection;
using Foof.CSharp.Tests.Optimizers;
using Foof.Modules;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Api;

/// <summary>An exception about an argument names the parameter of the method that was called, or the option's property.</summary>
public sealed class ParameterNameTests
{
    private static readonly ParameterNames Api = new(typeof(FoofOptimizer).Assembly, Sample, Instance);

    public static TheoryData<string> Mistakes => [.. Api.Mistakes];

    [Theory]
    [MemberData(nameof(Mistakes))]
    public Task A_wrong_argument_is_named_as_its_parameter(string mistake) => Api.IsNamed(mistake);

    [Fact]
    public void A_wrong_option_is_named_as_its_property()
    {
        using var scope = NewDisposeScope();
        var model = Toy.Model();
        Refused(nameof(CurvatureSchedule.InvertEvery), new() { InvertEvery = 0 });
        Refused(nameof(CurvatureSchedule.StatisticsSteps), new() { StatisticsSteps = -1 });
        Refused(nameof(CurvatureSchedule.WarmUpBatches), new() { WarmUpBatches = -1 });
        Refused(nameof(CurvatureSchedule.MovingAverage), new() { MovingAverage = 1 });
        Refused(nameof(CurvatureSchedule.StatisticsShare), new() { StatisticsShare = 0 });
        Refused(nameof(CurvatureSchedule.InverseDelay), new() { InverseDelay = -1 });
        Refused(nameof(UpdateOptions.Momentum), options: new() { Momentum = 1 });
        Refused(nameof(UpdateOptions.WeightDecay), options: new() { WeightDecay = double.NaN });

        void Refused(string name, CurvatureSchedule? schedule = null, UpdateOptions? options = null)
        {
            var error = Assert.Throws<ArgumentException>(() =>
                new FoofOptimizer(model, schedule: schedule, options: options)
            );
            Assert.Equal(name, error.ParamName);
            Assert.StartsWith(name, error.Message, StringComparison.Ordinal);
        }
    }

    private static object? Sample(ParameterInfo parameter)
    {
        if (parameter.HasDefaultValue)
            return parameter.ParameterType.IsEnum
                ? Enum.ToObject(parameter.ParameterType, parameter.DefaultValue!)
                : parameter.DefaultValue;
        var (input, target) = Toy.Batches(1)[0];
        var type = parameter.ParameterType;
        return type == typeof(nn.Module<Tensor, Tensor>) ? Toy.Model()
            : type == typeof(CurvatureOptimizer) ? new FoofOptimizer(Toy.Model())
            : type == typeof(CurvatureMatrix) ? Instance(type)
            : type == typeof(Tensor)
                ? parameter.Name!.EndsWith("argets", StringComparison.Ordinal) || parameter.Name == "target" ? target
                    : input
            : type == typeof(Tensor[]) && parameter.Name is "examples" or "inputs" ? new[] { input }
            : type == typeof(Tensor[]) ? ((CurvatureMatrix)Instance(typeof(CurvatureMatrix))).Weights()
            : type == typeof(IEnumerable<Tensor>) ? new[] { input }
            : type == typeof(IEnumerable<(Tensor, Tensor)>) ? new[] { (input, target) }
            : type == typeof(Func<int, IEnumerable<(Tensor, Tensor)>>) ? (int _) => new[] { (input, target) }
            : type == typeof(IEnumerable<KeyValuePair<string, Tensor>>) ? Toy.Model().state_dict()
            : type == typeof(string) ? Path.GetTempPath() + "foof-nowhere/none"
            : type == typeof(double) ? 0.5
            : type == typeof(int) ? 1
            : type == typeof(long) ? 4L
            : type == typeof(nn.Module) ? Toy.Model()
            : type == typeof(Func<IReadOnlyList<Tensor>, Tensor>) ? (IReadOnlyList<Tensor> given) => given[0]
            : type.IsEnum ? Enum.ToObject(type, 0)
            : throw new NotSupportedException($"{parameter.Member}: {parameter.Name}, {type}");
    }

    private static object Instance(Type type)
    {
        var model = Toy.Model();
        if (type.IsAssignableTo(typeof(CurvatureOptimizer)))
            return type == typeof(FoofOptimizer) ? new FoofOptimizer(model)
                : type == typeof(KfacOptimizer) ? new KfacOptimizer(model)
                : type == typeof(EkfacOptimizer) ? new EkfacOptimizer(model)
                : type == typeof(EvaOptimizer) ? new EvaOptimizer(model)
                : type == typeof(ShampooOptimizer) ? new ShampooOptimizer(model)
                : new NaturalGradientOptimizer(model);
        if (type.Namespace == "Foof.Modules")
            return type == typeof(SelfAttention) ? new SelfAttention(4, 2)
                : type == typeof(PackedModel) ? new PackedModel(model, given => given[0], Toy.Batches(1)[0].Input)
                : Activator.CreateInstance(type, 4L, 4L, null, null)!;
        var curvature = CurvatureMatrix.Fisher(model, Loss.CrossEntropy, Toy.Batches(1)[0].Input);
        return type == typeof(CurvatureMatrix) ? curvature
            : type == typeof(DampedCurvature) ? curvature.Damped(0.1)
            : type == typeof(InfluenceFunction) ? new InfluenceFunction(curvature, 0.1)
            : throw new NotSupportedException($"{type}");
    }
}
