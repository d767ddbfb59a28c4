using Foof.Cli.Engine;
using Foof.Cli.Settings;
using TorchSharp;
using static Foof.Cli.Settings.CommonSettings;
using static Foof.Cli.Settings.Forms;

namespace Foof.Cli.Bench;

/// <summary>The settings of <c>bench step</c>.</summary>
internal sealed record StepSettings
{
    private const int MostOfBatch = 10_000;
    private const int LongPeriod = 100;
    private const int LongPeriodOfLarge = 20;

    /// <summary>The table of settings, in the order of help.</summary>
    internal static SettingTable<StepSettings> Table { get; } =
        new(
            Setting<StepSettings>.Of(
                s => s.Model,
                OneOf([.. StepModel.All.Select(model => (model.Kind.Name, model))]),
                "The network",
                StepModel.All[0]
            ),
            Setting<StepSettings>.Optional(
                s => s.Rows,
                Text("NAMES"),
                "Only rows whose names begin with one of these, separated by commas; sgd is always run"
            ),
            Setting<StepSettings>.Of(s => s.BatchSize, UpTo(MostOfBatch), "Data points of a step", 100),
            Setting<StepSettings>.Of(s => s.Rounds, Count, "How often each period is run", 3),
            Setting<StepSettings>.Of(
                s => s.Steps,
                Count,
                "How many steps of a longer period are run",
                new(
                    s => s.Model.IsLarge ? LongPeriodOfLarge : LongPeriod,
                    $"{LongPeriod}, {LongPeriodOfLarge} for {StepModel.All.Single(model => model.IsLarge).Kind.Name}"
                )
            ),
            Setting<StepSettings>.Flag(
                s => s.Phases,
                "Show the time of each phase: forward, backward, statistics, inversion, direction, update"
            ),
            Threads<StepSettings>(s => s.Threads),
            Device<StepSettings>(s => s.Device)
        );

    public StepModel Model { get; init; } = null!;
    public string? Rows { get; init; }
    public int BatchSize { get; init; }
    public int Rounds { get; init; }

    /// <summary>
    /// The most steps of a period that are run. Each further step counts as the median of the plain ones. Rows without a period
    /// then count by their median too.
    /// </summary>
    public int Steps { get; init; }
    public bool Phases { get; init; }
    public int Threads { get; init; }
    public string Device { get; init; } = null!;

    /// <summary>The device of that name.</summary>
    internal torch.Device Place => Devices.Find(Device);
}

/// <summary>The settings of <c>bench gram</c> and <c>bench laplace</c>.</summary>
internal sealed record RowSettings
{
    /// <summary>The table of settings of <c>bench gram</c>.</summary>
    internal static SettingTable<RowSettings> OfGram { get; } = new(RoundsOf(5), Threads<RowSettings>(s => s.Threads));

    /// <summary>The table of settings of <c>bench laplace</c>.</summary>
    internal static SettingTable<RowSettings> OfLaplace { get; } =
        new(
            RoundsOf(3),
            Setting<RowSettings>.Optional(s => s.Row, OneOf(LaplaceBenchmark.Names), "Only this row", "all"),
            Device<RowSettings>(s => s.Device),
            Threads<RowSettings>(s => s.Threads)
        );

    public int Rounds { get; init; }
    public string? Row { get; init; }
    public string Device { get; init; } = null!;
    public int Threads { get; init; }

    private static Setting<RowSettings> RoundsOf(int byDefault) =>
        Setting<RowSettings>.Of(s => s.Rounds, Count, "How often each row is measured", byDefault);
}
