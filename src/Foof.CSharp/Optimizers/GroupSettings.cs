using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

/// <summary>The settings of all groups as one tensor [g; 4] of type Float64.</summary>
internal static class GroupSettings
{
    internal const string Name = "groups";
    private const int Columns = 4;

    internal static Tensor Of(IEnumerable<ParamGroup> groups)
    {
        double[] numbers =
        [
            .. groups
                .Cast<ParameterGroup>()
                .SelectMany(group =>
                    new[]
                    {
                        group.LearningRate,
                        group.InitialLearningRate,
                        group.Options.Momentum,
                        group.Options.WeightDecay,
                    }
                ),
        ];
        return tensor(numbers).reshape(-1, Columns);
    }

    /// <summary>The numbers of a state, row by row.</summary>
    internal static double[] Read(IReadOnlyDictionary<string, Tensor> state, int groups)
    {
        if (!state.TryGetValue(Name, out var kept))
            throw new ArgumentException(
                $"The state must have '{Name}', as State() gives it; it has none.",
                nameof(state)
            );
        if (kept.dtype != ScalarType.Float64 || !kept.shape.AsSpan().SequenceEqual([groups, Columns]))
            throw new ArgumentException(
                $"'{Name}' must be Float64 [{groups}, {Columns}], one row for each group of the optimiser; "
                    + $"got {kept.dtype} [{string.Join(", ", kept.shape)}].",
                nameof(state)
            );
        using var here = kept.cpu();
        return here.data<double>().ToArray();
    }

    internal static void Set(IEnumerable<ParamGroup> groups, double[] numbers)
    {
        foreach (var (row, group) in groups.Cast<ParameterGroup>().Index())
        {
            var own = numbers.AsSpan(row * Columns, Columns);
            group.LearningRate = own[0];
            group.InitialLearningRate = own[1];
            group.Options.Momentum = own[2];
            group.Options.WeightDecay = own[3];
        }
    }
}
