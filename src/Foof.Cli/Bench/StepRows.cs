using Foof.Cli.Training;

namespace Foof.Cli.Bench;

/// <summary>The rows of <c>bench step</c>.</summary>
internal static class StepRows
{
    private const int StatisticsSteps = 10;
    private const int LargeBatch = 1000;

    /// <summary>The rows for a network: the small ones' all, of a large one those that the paper amortises.</summary>
    internal static StepRow[] Of(StepModel model) =>
        model.IsLarge
            ?
            [
                Plain("sgd"),
                Plain("adam"),
                Amortised("foof", model.Period),
                BFloat16("foof", model.Period),
                Amortised("kfac", model.Period),
                BFloat16("kfac", model.Period),
            ]
            :
            [
                Plain("sgd"),
                Whole(HandWrittenSgd.Kind),
                Plain("adam"),
                Amortised("foof", model.Period),
                Amortised("foof", model.Period) with
                {
                    Name = $"foof T={model.Period} S={StatisticsSteps} facade",
                    Optimizer = FacadeFoof.Kind,
                },
                BFloat16("foof", model.Period),
                Amortised("foof", model.Period) with
                {
                    Name = $"foof T={model.Period} S={StatisticsSteps} background",
                    Optimizer = InBackground(Optimizer("foof")),
                },
                new("foof T=100", Optimizer("foof"), model.Period, model.Period),
                EveryStep("foof"),
                Amortised("kfac", model.Period),
                EveryStep("kfac"),
                Amortised("kfac-standard", model.Period),
                Amortised("ekfac", model.Period),
                EveryStep("natural"),
                EveryStep("natural-blocks"),
                EveryStep("eva"),
                EveryStep("mfac"),
                new("shampoo T=20", Optimizer("shampoo"), 20, 20),
                Plain("sgd") with
                {
                    Name = StepRow.BaselineOf(LargeBatch),
                    BatchSize = LargeBatch,
                },
                EveryStep("natural") with
                {
                    Name = $"natural T=1 B={LargeBatch}",
                    BatchSize = LargeBatch,
                },
            ];

    private static OptimizerKind Optimizer(string name) => OptimizerCatalogue.Find(name);

    private static OptimizerKind InBFloat16(OptimizerKind kind) =>
        kind with
        {
            Method = kind.Method!.WithBFloat16Products(),
        };

    // So late that the inverse is ready when it is due.
    private static OptimizerKind InBackground(OptimizerKind kind) =>
        kind with
        {
            Method = kind.Method!.WithBackgroundInversions(StatisticsSteps),
        };

    private static StepRow Plain(string name) => Whole(Optimizer(name));

    private static StepRow Whole(OptimizerKind kind) => new(kind.Name, kind, 1, 1);

    private static StepRow EveryStep(string name) => new($"{name} T=1", Optimizer(name), 1, 1);

    private static StepRow BFloat16(string name, int period)
    {
        var plain = Amortised(name, period);
        return plain with { Name = $"{plain.Name} bf16", Optimizer = InBFloat16(plain.Optimizer) };
    }

    private static StepRow Amortised(string name, int period) =>
        new($"{name} T={period} S={StatisticsSteps}", Optimizer(name), period, StatisticsSteps);
}
