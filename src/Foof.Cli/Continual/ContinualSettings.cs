using Foof.Cli.Models;
using Foof.Cli.Settings;
using Foof.Cli.Training;
using static Foof.Cli.Settings.CommonSettings;
using static Foof.Cli.Settings.Forms;
using static Foof.Cli.Settings.Setting<Foof.Cli.Continual.ContinualSettings>;

namespace Foof.Cli.Continual;

/// <summary>Everything that decides the numbers of <c>foof continual</c>.</summary>
internal sealed record ContinualSettings
{
    /// <summary>The table of settings, in the order of help.</summary>
    internal static SettingTable<ContinualSettings> Table { get; } =
        new(
            Data<ContinualSettings>(s => s.Data),
            Of(
                s => s.Scenario,
                OneOf(TaskSequence.Scenarios),
                "Tasks of permuted pixels, or of classes of their own",
                TaskSequence.Permuted
            ),
            Optional(
                s => s.Model,
                OneOf([.. ModelKind.All.Where(kind => kind.Classifies).Select(kind => kind.Name)]),
                "The network, with its own defaults",
                "an mlp 100-100 with biases"
            ),
            Of(s => s.Tasks, UpTo(MostTasks), "How many tasks", 5),
            Of(
                    s => s.Variants,
                    SomeVariants,
                    $"Only these, separated by commas: {string.Join(", ", ContinualVariant.Names)}",
                    new([.. ContinualVariant.UsualNames], $"all but {string.Join(", ", Unusual)}")
                )
                .Unless(s => s.Variants.Length == 0 ? "--variants must name one at least; got none." : null),
            Optional(
                s => s.Strength,
                NotNegative,
                "The penalties' strength",
                "the best of a grid on validation images"
            ),
            Of(s => s.Epochs, Count, "Passes over each task's images", 1),
            Of(s => s.BatchSize, Count, "Images in a step", 100),
            Of(s => s.LearningRate, Positive, "The size of Adam's steps", 1e-3),
            Optional(s => s.Subset, Count, "Use the first n training images", "all"),
            Of(s => s.Validation, Count, "How many of the training images are held out to choose strengths", 2000),
            Of(s => s.Seed, Whole, "The first seed, of weights, orders and labels", 42),
            Of(s => s.Seeds, Count, "How many seeds; strengths are chosen with the first", 1),
            Threads<ContinualSettings>(s => s.Threads),
            Device<ContinualSettings>(s => s.Device)
        );

    private const int MostTasks = 1000;

    public string Data { get; init; } = null!;
    public string Scenario { get; init; } = null!;
    public string? Model { get; init; }
    public int Tasks { get; init; }
    public string[] Variants { get; init; } = null!;
    public double? Strength { get; init; }
    public int Epochs { get; init; }
    public int BatchSize { get; init; }
    public double LearningRate { get; init; }
    public int? Subset { get; init; }
    public int Validation { get; init; }
    public long Seed { get; init; }
    public int Seeds { get; init; }
    public int Threads { get; init; }
    public string Device { get; init; } = null!;

    /// <summary>The seeds.</summary>
    internal IEnumerable<long> AllSeeds => Enumerable.Range(0, Seeds).Select(place => Seed + place);

    /// <summary>The network's settings; null if it is the usual one.</summary>
    internal TrainingSettings? Network => Model is { } name ? new() { Model = name, BatchSize = BatchSize } : null;

    /// <summary>The settings of a resumed run, whose command line must not repeat them.</summary>
    internal static ContinualSettings Resume(ContinualSettings kept, Given given, string folder)
    {
        foreach (var row in Table.Rows)
            if (!row.MayChange && given.Has(row.Name))
                throw new CommandFailure(
                    $"{row.Name} must be left out with --resume: the run in {folder} continues as it was.",
                    ExitCode.Usage
                );
        if (given.Has("--out"))
            throw new CommandFailure(
                "--out must be left out with --resume: the run continues in its folder.",
                ExitCode.Usage
            );
        var settings = Table.Resume(kept, given, folder);
        Table.Check(settings);
        return settings;
    }

    private static IEnumerable<string> Unusual => ContinualVariant.Names.Except(ContinualVariant.UsualNames);

    private static Form<string[]> SomeVariants =>
        new Form<string[]>(
            "NAMES",
            (option, text) =>
                [
                    .. ContinualVariant
                        .Find(
                            Text("NAMES")
                                .Read(option, text)
                                .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                        )
                        .Select(variant => variant.Name),
                ]
        )
        {
            Words = ContinualVariant.Names,
            IsList = true,
            Show = value => string.Join(',', value),
        };
}
