using Foof.Cli.Settings;
using static Foof.Cli.Settings.CommonSettings;
using static Foof.Cli.Settings.Forms;
using static Foof.Cli.Settings.Setting<Foof.Cli.Reproduce.ReproduceSettings>;

namespace Foof.Cli.Reproduce;

/// <summary>How figures are made again.</summary>
internal sealed record ReproduceSettings
{
    private const int MostSeeds = 100;

    internal static SettingTable<ReproduceSettings> Table { get; } =
        new(
            Flag(s => s.Quick, "Small experiments: all figures in about half an hour, in place of hours"),
            Of(
                s => s.Seeds,
                UpTo(MostSeeds),
                "Runs of each method with its best setting",
                new(s => s.Quick ? 2 : 3, "3, or 2 with --quick")
            ),
            Optional(s => s.Tried, Count, "The most settings that a search tries", "30, or 6 with --quick"),
            Data<ReproduceSettings>(s => s.Data),
            Threads<ReproduceSettings>(s => s.Threads),
            Device<ReproduceSettings>(s => s.Device)
        );

    public bool Quick { get; init; }
    public int Seeds { get; init; }
    public int? Tried { get; init; }
    public string Data { get; init; } = null!;
    public int Threads { get; init; }
    public string Device { get; init; } = null!;
}
