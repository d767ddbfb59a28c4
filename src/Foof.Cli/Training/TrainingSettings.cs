using System.Linq.Expressions;
using Foof.Cli.Commands;
using Foof.Cli.Data;
using Foof.Cli.Models;
using Foof.Cli.Settings;
using static Foof.Cli.Settings.CommonSettings;
using static Foof.Cli.Settings.Forms;
using static Foof.Cli.Settings.Setting<Foof.Cli.Training.TrainingSettings>;

namespace Foof.Cli.Training;

/// <summary>Everything that decides a training run. Checkpoints store it.</summary>
internal sealed record TrainingSettings
{
    internal const string Float32 = "float32";
    internal const string BFloat16 = "bfloat16";

    /// <summary>The table of settings, in the order of help.</summary>
    internal static SettingTable<TrainingSettings> Table { get; } =
        new(
            Of(s => s.Optimizer, OneOf(OptimizerKind.Names), "The optimiser", "foof")
                .InReports("optimiser")
                .FoundLater(),
            Of(s => s.Model, OneOf(ModelKind.Names), "The network", ModelKind.Default).FoundLater(),
            Choice(s => s.Norm, ModelOption.Norms, kind => kind.HasNorm, "Batch norms, or none"),
            Of(
                    s => s.LearningRate,
                    Positive,
                    "The size of a step",
                    new(
                        s => Kind(s).RateOn(s.Model, s.Norm),
                        $"the method's own; {Each(kind => kind.LearningRate, "foof", "sgd", "adam")}; smaller for the "
                            + "autoencoder and without norms"
                    )
                )
                .InReports("learning rate"),
            Of(
                    s => s.Damping,
                    Positive,
                    "lambda, which is added to matrices that are means over data points",
                    Own(kind => kind.Recipe.Damping, "foof")
                )
                .InReports("damping")
                .Where(HasCurvature),
            Data<TrainingSettings>(s => s.Data),
            Of(s => s.Epochs, Count, "Passes over the data", 3).Changeable(),
            Of(s => s.BatchSize, Count, "Images in a step", 100),
            Of(
                    s => s.Momentum,
                    Fraction,
                    "The share of the velocity that is kept",
                    new(s => Kind(s).Momentum, $"{Each(kind => kind.Momentum, "sgd")}, others 0")
                )
                .InReports("momentum")
                .Where(s => Kind(s).HasMomentum),
            Of(
                s => s.WeightDecay,
                NotNegative,
                "The weight decay, a factor of the weights that each step subtracts",
                0.0
            ),
            Of(
                    s => s.InvertEvery,
                    Count,
                    "T: the number of steps between inversions",
                    Own(kind => kind.Recipe.Cadence.InvertEvery, "foof")
                )
                .InReports("T")
                .Where(HasCurvature),
            Of(
                    s => s.StatisticsSteps,
                    Count,
                    "S: the number of steps with statistics before each inversion",
                    new(
                        s => Math.Min(Kind(s).Recipe.Cadence.StatisticsSteps, s.InvertEvery),
                        $"the lesser of {Methods.foof.Cadence.StatisticsSteps} and T"
                    )
                )
                .InReports("S")
                .Where(HasCurvature)
                .Unless(TooManyStatistics),
            Of(
                    s => s.Products,
                    OneOf([Float32, BFloat16]),
                    "The type of the products that make an update; bfloat16 saves time on some processors (see info --doctor)",
                    Float32
                )
                .Where(HasCurvature),
            Of(s => s.StatisticsShare, Share, "The share of each batch that statistics are taken from", 1.0)
                .Where(HasCurvature),
            Of(
                    s => s.StaleSteps,
                    Count,
                    "Invert on another thread, and use each inverse from n steps later on",
                    new(0, "in the step")
                )
                .Where(HasCurvature)
                .Unless(TooManyStale),
            Optional(s => s.Subset, Count, "Train with the first n images", "all").OrElse("all images"),
            Optional(
                s => s.Validation,
                Count,
                "Hold the last n training images out, for foof laplace to choose the prior by",
                "none"
            ),
            Optional(
                    s => s.Hidden,
                    Widths,
                    "The hidden layers of the mlp, with biases, such as 400-400",
                    "the paper's, without biases"
                )
                .Unless(HiddenOfAnother),
            Number(s => s.Depth, kind => kind.Depth, "The layers of wrn, or the blocks"),
            Number(
                s => s.Width,
                kind => kind.Width,
                "The widening factor of wrn, the first channels of vgg, or the units of a layer"
            ),
            Number(s => s.Heads, kind => kind.Heads, "The heads of attention, which divide the width")
                .Unless(s =>
                    s.Width % s.Heads is > 0
                        ? $"--width must be a multiple of --heads, {s.Heads}; got {s.Width}: change one of them."
                        : null
                ),
            Choice(
                s => s.Pooling,
                ModelOption.Poolings,
                kind => kind.HasPooling,
                "What tells the class: the mean of the tokens, or a class token"
            ),
            Choice(s => s.Cell, ModelOption.Cells, kind => kind.HasCell, "The recurrent cell"),
            Of(
                s => s.Pixels,
                OneOf(PixelScale.Names),
                "The scale of the pixels: with MNIST's mean and deviation, or from 0 to 1",
                PixelScale.Standardised.Name
            ),
            Of(s => s.Seed, Whole, "Decides the weights at the start and the order of the images", 42),
            Threads<TrainingSettings>(s => s.Threads),
            Device<TrainingSettings>(s => s.Device)
        );

    /// <summary>New settings have all defaults that do not depend on the optimiser.</summary>
    public TrainingSettings() => Table.SetConstants(this);

    public string Data { get; init; } = null!;
    public string Model { get; init; } = null!;
    public string Optimizer { get; init; } = null!;
    public int Epochs { get; init; }
    public int BatchSize { get; init; }
    public double LearningRate { get; init; }
    public double Damping { get; init; }
    public double Momentum { get; init; }
    public double WeightDecay { get; init; }
    public int InvertEvery { get; init; }
    public int StatisticsSteps { get; init; }
    public string Products { get; init; } = null!;
    public double StatisticsShare { get; init; }
    public int StaleSteps { get; init; }
    public int? Subset { get; init; }
    public int? Validation { get; init; }
    public string? Hidden { get; init; }
    public int? Depth { get; init; }
    public int? Width { get; init; }
    public int? Heads { get; init; }
    public string? Pooling { get; init; }
    public string? Cell { get; init; }
    public string? Norm { get; init; }
    public string Pixels { get; init; } = null!;
    public long Seed { get; init; }
    public int Threads { get; init; }
    public string Device { get; init; } = null!;

    /// <summary>The settings of a new run.</summary>
    /// <exception cref="CommandFailure">Settings contradict each other.</exception>
    internal static TrainingSettings Read(Given given)
    {
        var settings = Table.Fill(given);
        if (!HasCurvature(settings))
            return settings;
        try
        {
            RecipeModule.check(settings.Compose(Kind(settings).Recipe));
            return settings;
        }
        catch (ArgumentException error)
        {
            throw new CommandFailure(CommandFrame.FirstLine(error), ExitCode.Usage);
        }
    }

    /// <summary>A method with these settings.</summary>
    internal Recipe Compose(Recipe method)
    {
        method = method
            .WithDamping(Damping)
            .WithCadence(InvertEvery, StatisticsSteps)
            .WithStatisticsShare(StatisticsShare);
        if (Products == BFloat16)
            method = method.WithBFloat16Products();
        return StaleSteps == 0 ? method : method.WithInverseDelay(StaleSteps);
    }

    // Runs of other networks, and files of earlier versions, have none.
    private static Setting<TrainingSettings> Number(
        Expression<Func<TrainingSettings, int?>> property,
        Func<ModelKind, NumberOption?> of,
        string help
    )
    {
        var (row, value) = (null as Setting<TrainingSettings>, property.Compile());
        var shown = ModelKind
            .All.Where(kind => of(kind) is not null)
            .Select(kind => $"{kind.Name} {of(kind)!.Default}");
        row = Optional(property, Count, help, string.Join(", ", shown))
            .Otherwise(s => of(ModelKind.Find(s.Model))?.Default)
            .Unless(s => ModelOption.Objection(s, row!.Name, of, value(s)));
        return row;
    }

    private static Setting<TrainingSettings> Choice(
        Expression<Func<TrainingSettings, string?>> property,
        IReadOnlyList<string> names,
        Func<ModelKind, bool> has,
        string help
    )
    {
        var (row, value) = (null as Setting<TrainingSettings>, property.Compile());
        var shown = $"{names[0]} for {string.Join(", ", ModelKind.All.Where(has).Select(kind => kind.Name))}";
        row = Optional(property, OneOf(names), help, shown)
            .Otherwise(s => has(ModelKind.Find(s.Model)) ? names[0] : null)
            .Unless(s => ModelOption.Objection(s, row!.Name, has, value(s)));
        return row;
    }

    private static Form<string> Widths =>
        Text("WIDTHS").That("widths joined by hyphens, such as 400-400", text => Networks.Widths(text) is not null);

    private static string? TooManyStatistics(TrainingSettings s) =>
        s.StatisticsSteps > s.InvertEvery
            ? $"--statistics-steps must be at most --invert-every, {s.InvertEvery}; got {s.StatisticsSteps}."
            : null;

    private static string? TooManyStale(TrainingSettings s) =>
        s.StaleSteps > s.InvertEvery
            ? $"--stale-steps must be at most --invert-every, {s.InvertEvery}; got {s.StaleSteps}."
            : null;

    private static string? HiddenOfAnother(TrainingSettings s) =>
        s.Hidden is not null && s.Model != ModelKind.Default
            ? $"--hidden is for --model {ModelKind.Default}; got --model {s.Model}."
            : null;

    private static OptimizerKind Kind(TrainingSettings settings) => OptimizerKind.Find(settings.Optimizer);

    private static bool HasCurvature(TrainingSettings settings) => Kind(settings).HasCurvature;

    private static Default<TrainingSettings, T> Own<T>(Func<OptimizerKind, T> value, params string[] shown) =>
        new(settings => value(Kind(settings)), $"the method's own; {Each(value, shown)}");

    private static string Each<T>(Func<OptimizerKind, T> value, params string[] names) =>
        string.Join(
            ", ",
            names.Select(name => FormattableString.Invariant($"{name} {value(OptimizerKind.Find(name))}"))
        );
}
