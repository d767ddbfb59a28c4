using System.Globalization;

namespace Foof.Cli.Training;

/// <summary>What the command line says about a run; null where it says nothing.</summary>
internal sealed record TrainingRequest
{
    private const int DefaultEpochs = 3;
    private const int DefaultBatchSize = 100;
    private const int DefaultSeed = 42;

    internal string? Data { get; init; }
    internal string? Model { get; init; }
    internal string? Optimizer { get; init; }
    internal int? Epochs { get; init; }
    internal int? BatchSize { get; init; }
    internal double? LearningRate { get; init; }
    internal double? Damping { get; init; }
    internal double? Momentum { get; init; }
    internal double? WeightDecay { get; init; }
    internal int? InvertEvery { get; init; }
    internal int? StatisticsSteps { get; init; }
    internal string? Products { get; init; }
    internal double? StatisticsShare { get; init; }
    internal int? StaleSteps { get; init; }
    internal int? Subset { get; init; }
    internal int? Validation { get; init; }
    internal string? Hidden { get; init; }
    internal string? Pixels { get; init; }
    internal long? Seed { get; init; }
    internal int? Threads { get; init; }
    internal string? Device { get; init; }

    /// <summary>A new run: what was said, and the defaults.</summary>
    internal TrainingOptions Resolve()
    {
        var kind = OptimizerCatalogue.Find(Optimizer ?? OptimizerCatalogue.Default);
        var every = InvertEvery ?? kind.InvertEvery;
        var steps = StatisticsSteps ?? Math.Min(kind.StatisticsSteps, every);
        if (steps > every)
            throw new CommandFailure(
                $"--statistics-steps must be at most --invert-every, {every}; got {steps}.",
                ExitCode.Usage
            );
        var options = new TrainingOptions
        {
            Data = FullData ?? Foof.Cli.Data.ImageData.FashionMnist,
            Model = Model ?? Models.ModelCatalogue.Default,
            Optimizer = kind.Name,
            Epochs = Epochs ?? DefaultEpochs,
            BatchSize = BatchSize ?? DefaultBatchSize,
            LearningRate = LearningRate ?? kind.LearningRate,
            Damping = Damping ?? kind.Damping,
            Momentum = Momentum ?? kind.Momentum,
            WeightDecay = WeightDecay ?? 0.0,
            InvertEvery = every,
            StatisticsSteps = steps,
            Products = Products ?? TrainingOptions.Float32,
            StatisticsShare = StatisticsShare ?? 1.0,
            StaleSteps = StaleSteps ?? 0,
            Subset = Subset,
            Validation = Validation,
            Hidden = Hidden,
            Pixels = Pixels ?? Foof.Cli.Data.PixelScale.Standardised.Name,
            Seed = Seed ?? DefaultSeed,
            Threads = Threads ?? Commands.Choice.DefaultThreads,
            Device = Device ?? Engine.Devices.Cpu,
        };
        if (kind.Method is not null)
            Check(options.Compose(kind.Method));
        return options;
    }

    private static void Check(Recipe recipe)
    {
        try
        {
            RecipeModule.check(recipe);
        }
        catch (ArgumentException error)
        {
            // The first line, without the name of a parameter that no user wrote.
            var sentence = error.Message.Split(" (Parameter '")[0];
            throw new CommandFailure(sentence, ExitCode.Usage);
        }
    }

    /// <summary>
    /// A run that goes on: all that decides its numbers must be as it was; more epochs are fine.
    /// </summary>
    /// <param name="kept">The options in the checkpoint.</param>
    /// <param name="finished">How many epochs are behind it.</param>
    /// <param name="folder">Where the checkpoint is, for messages.</param>
    internal TrainingOptions Continue(TrainingOptions kept, int finished, string folder)
    {
        Same("--model", Model, kept.Model, folder);
        Same("--optimizer", Optimizer, kept.Optimizer, folder);
        Same("--batch-size", BatchSize, kept.BatchSize, folder);
        Same("--learning-rate", LearningRate, kept.LearningRate, folder);
        Same("--damping", Damping, kept.Damping, folder);
        Same("--momentum", Momentum, kept.Momentum, folder);
        Same("--weight-decay", WeightDecay, kept.WeightDecay, folder);
        Same("--invert-every", InvertEvery, kept.InvertEvery, folder);
        Same("--statistics-steps", StatisticsSteps, kept.StatisticsSteps, folder);
        Same("--products", Products, kept.Products, folder);
        Same("--statistics-share", StatisticsShare, kept.StatisticsShare, folder);
        Same("--stale-steps", StaleSteps, kept.StaleSteps, folder);
        Same("--seed", Seed, kept.Seed, folder);
        if (Subset is not null)
            Same("--subset", Subset.Value.ToString(), kept.Subset?.ToString() ?? "all images", folder);
        if (Validation is not null)
            Same("--validation", Validation.Value.ToString(), kept.Validation?.ToString() ?? "none", folder);
        Same("--hidden", Hidden, kept.Hidden ?? "none", folder);
        Same("--pixels", Pixels, kept.Pixels, folder);
        var epochs = Epochs ?? kept.Epochs;
        if (epochs <= finished)
            throw new CommandFailure(
                $"The run in {folder} has {finished} finished epoch(s) and --epochs is {epochs}: "
                    + "raise --epochs to go on."
            );
        return kept with
        {
            Data = FullData ?? kept.Data,
            Epochs = epochs,
            Threads = Threads ?? kept.Threads,
            Device = Device ?? kept.Device,
        };
    }

    /// <summary>The options that were given and mean nothing to the optimiser.</summary>
    internal IEnumerable<string> Idle(OptimizerKind kind)
    {
        if (!kind.HasMomentum && Momentum is not null)
            yield return "--momentum";
        if (kind.HasCurvature)
            yield break;
        if (Damping is not null)
            yield return "--damping";
        if (InvertEvery is not null)
            yield return "--invert-every";
        if (StatisticsSteps is not null)
            yield return "--statistics-steps";
        if (Products is not null)
            yield return "--products";
        if (StatisticsShare is not null)
            yield return "--statistics-share";
        if (StaleSteps is not null)
            yield return "--stale-steps";
    }

    // A run may go on from another working folder.
    private string? FullData =>
        Data is null or Foof.Cli.Data.ImageData.FashionMnist ? Data : Path.GetFullPath(Data);

    private static void Same<T>(string option, T? given, T kept, string folder)
        where T : struct, IEquatable<T>
    {
        if (given is { } value)
            Same(option, Show(value), Show(kept), folder);
    }

    private static void Same(string option, string? given, string kept, string folder)
    {
        if (given is not null && given != kept)
            throw new CommandFailure(
                $"The checkpoint in {folder} was made with {option} {kept}; got {option} {given}: "
                    + "leave it out to go on."
            );
    }

    private static string Show<T>(T value) => Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
