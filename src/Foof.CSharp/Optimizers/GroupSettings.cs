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
        var numbers = here.data<double>().ToArray();
        for (var group = 0; group < groups; group++)
            Check(group, numbers.AsSpan(group * Columns, Columns));
        return numbers;
    }

    // Schedulers may have gone down to a rate of zero.
    private static void Check(int group, ReadOnlySpan<double> own)
    {
        foreach (var number in own)
            if (!double.IsFinite(number) || number < 0 || own[2] >= 1)
                throw new ArgumentException(
                    FormattableString.Invariant(
                        $"'{Name}' must hold rates and a decay of at least 0 and a momentum in [0, 1); group {group + 1} has rates {own[0]} and {own[1]}, momentum {own[2]} and decay {own[3]}."
                    )
                );
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
