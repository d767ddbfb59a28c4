using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foof.Cli.Continual;
using Foof.Cli.Data;
using Foof.Cli.Engine;
using Foof.Cli.Output;
using Foof.Cli.Reports;
using Spectre.Console;
using TorchSharp;

namespace Foof.Cli.Commands;

/// <summary><c>foof continual</c>: one task after the other, by every variant.</summary>
internal sealed class ContinualCommand
{
    private const int DefaultTasks = 5;
    private const int DefaultBatchSize = 100;
    private const int DefaultValidation = 2000;
    private const double DefaultLearningRate = 1e-3;
    private const long DefaultSeed = 42;

    private static readonly JsonSerializerOptions Names = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    private readonly Option<string?> data = CommonOptions.Data(
        "The data: fashion-mnist, or a folder of IDX files, gzipped or not [default: fashion-mnist]"
    );

    private readonly Option<string?> scenario = Choice.Among(
        "--scenario",
        "Tasks of permuted pixels, or of classes of their own [default: permuted]",
        TaskSequence.Scenarios
    );

    private readonly Option<int?> tasks = Choice.Count(
        "--tasks",
        $"How many tasks [default: {DefaultTasks}]"
    );

    private readonly Option<string?> variants = Choice.Text(
        "--variants",
        "NAMES",
        $"Only these, separated by commas: {string.Join(", ", ContinualVariant.Names)} "
            + $"[default: all but {string.Join(", ", ContinualVariant.Names.Except(ContinualVariant.UsualNames))}]"
    );

    private readonly Option<double?> strength = Choice.NotNegative(
        "--strength",
        "The penalties' strength [default: the best of a grid on validation images]"
    );

    private readonly Option<int?> epochs = Choice.Count(
        "--epochs",
        "Passes over each task's images [default: 1]"
    );

    private readonly Option<int?> batchSize = Choice.Count(
        "--batch-size",
        $"Images in a step [default: {DefaultBatchSize}]"
    );

    private readonly Option<double?> learningRate = Choice.Positive(
        "--learning-rate",
        "The size of Adam's steps [default: 0.001]"
    );

    private readonly Option<int?> subset = Choice.Count(
        "--subset",
        "Use the first n training images [default: all]"
    );

    private readonly Option<int?> validation = Choice.Count(
        "--validation",
        $"How many of the training images are held out to choose strengths [default: {DefaultValidation}]"
    );

    private readonly Option<long?> seed = Choice.Integer(
        "--seed",
        $"The first seed, of weights, orders and labels [default: {DefaultSeed}]"
    );

    private readonly Option<int?> seeds = Choice.Count(
        "--seeds",
        "How many seeds; strengths are chosen with the first [default: 1]"
    );

    private readonly Option<int?> threads = Choice.Threads();

    private readonly Option<string?> device = Choice.Device();

    private readonly Option<string?> folder = Choice.Text(
        "--out",
        "DIR",
        "Keep every sequence here that is done"
    );

    private readonly Option<string?> resume = Choice.Text(
        "--resume",
        "DIR",
        "Go on with the run in this folder; other options are as they were"
    );

    private readonly Option<string?> metrics = CommonOptions.Metrics();

    private readonly Option<string?> report = CommonOptions.Report();

    /// <summary>The command.</summary>
    internal static Command Make(CommandFrame frame)
    {
        var options = new ContinualCommand();
        var command = new Command(
            "continual",
            "Learn task after task under a penalty, and show what is forgotten"
        );
        ChoiceList.Complete(options.variants, ContinualVariant.Names);
        foreach (var option in options.All)
            command.Add(option);
        command.SetAction(parsed => frame.Run(parsed, terminal => options.Run(parsed, terminal)));
        return command;
    }

    private IEnumerable<Option> All => [.. Deciding, threads, device, folder, resume, metrics, report];

    private IEnumerable<Option> Deciding =>
        [
            data,
            scenario,
            tasks,
            variants,
            strength,
            epochs,
            batchSize,
            learningRate,
            subset,
            validation,
            seed,
            seeds,
        ];

    private int Run(ParseResult parsed, Terminal terminal)
    {
        var (going, file) = (parsed.GetValue(resume), parsed.GetValue(metrics));
        var kept = going is null ? null : ContinualRecord.Load(going);
        if (kept is not null)
            RequireNoOthers(parsed, going!);
        var settings = kept?.Settings ?? Read(parsed);
        Check(settings);
        var place = Devices.Find(parsed.GetValue(device) ?? settings.Device);
        using var images = ImageData.Read(parsed.GetValue(data) ?? settings.Data, settings.Subset).To(place);
        Check(settings, images);
        kept?.RequireData(images.Fingerprint);
        var target = parsed.GetValue(folder) ?? going;
        if (target is not null)
            WritableFile.CheckFolder(going is null ? "--out" : "--resume", target);
        var record = kept ?? ContinualRecord.New(target, settings, images.Fingerprint);
        if (kept is null)
            Replacing.Note(terminal, target, ContinualRecord.FileName, "continual");
        torch.set_num_threads(parsed.GetValue(threads) ?? settings.Threads);
        MetricsFile.Check(file);
        ReportFile.Check(parsed.GetValue(report));
        if (
            new ContinualRun(settings, images, record).Run(terminal.Progress, terminal.Stop)
            is not { } results
        )
            return Stopped(terminal, target);
        ContinualTable.Write(terminal.Console, results);
        MetricsFile.Write(terminal, file, Metrics(settings, results));
        ReportFile.Write(
            parsed.GetValue(report),
            terminal.Progress,
            () => ContinualReport.Of(settings, images.Fingerprint, results)
        );
        return ExitCode.Success;
    }

    private ContinualSettings Read(ParseResult parsed) =>
        new()
        {
            Data = parsed.GetValue(data) is { } name and not ImageData.FashionMnist
                ? Path.GetFullPath(name)
                : ImageData.FashionMnist,
            Scenario = parsed.GetValue(scenario) ?? TaskSequence.Permuted,
            Tasks = parsed.GetValue(tasks) ?? DefaultTasks,
            Variants = Selected(parsed.GetValue(variants)),
            Strength = parsed.GetValue(strength),
            Epochs = parsed.GetValue(epochs) ?? 1,
            BatchSize = parsed.GetValue(batchSize) ?? DefaultBatchSize,
            LearningRate = parsed.GetValue(learningRate) ?? DefaultLearningRate,
            Subset = parsed.GetValue(subset),
            Validation = parsed.GetValue(validation) ?? DefaultValidation,
            Seed = parsed.GetValue(seed) ?? DefaultSeed,
            Seeds = parsed.GetValue(seeds) ?? 1,
            Threads = parsed.GetValue(threads) ?? Choice.DefaultThreads,
            Device = parsed.GetValue(device) ?? Devices.Cpu,
        };

    private static string[] Selected(string? names) =>
        [
            .. names is null
                ? ContinualVariant.UsualNames
                : ContinualVariant
                    .Find(
                        names.Split(
                            ',',
                            StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries
                        )
                    )
                    .Select(variant => variant.Name),
        ];

    // All that decides the numbers is in the folder; the data may be named again.
    private void RequireNoOthers(ParseResult parsed, string going)
    {
        foreach (var option in Deciding)
            if (option != data && parsed.GetResult(option) is { Implicit: false })
                throw new CommandFailure(
                    $"{option.Name} must be left out with --resume: the run in {going} goes on as it was.",
                    ExitCode.Usage
                );
        if (parsed.GetValue(folder) is not null)
            throw new CommandFailure(
                "--out must be left out with --resume: the run goes on in its folder.",
                ExitCode.Usage
            );
    }

    private static void Check(ContinualSettings settings)
    {
        if (settings.Variants.Length == 0)
            throw new CommandFailure("--variants must name one at least; got none.", ExitCode.Usage);
        if (settings.Scenario == TaskSequence.Split && settings.Tasks > ImageSet.Classes / 2)
            throw new CommandFailure(
                $"--tasks must be at most {ImageSet.Classes / 2} for split, where a task has two of "
                    + $"{ImageSet.Classes} classes or more; got {settings.Tasks}.",
                ExitCode.Usage
            );
    }

    private static void Check(ContinualSettings settings, ImageData images)
    {
        if (settings.Validation >= images.Train.Count)
            throw new CommandFailure(
                $"--validation must be less than the {images.Train.Count} training images; "
                    + $"got {settings.Validation}.",
                ExitCode.Usage
            );
    }

    private static int Stopped(Terminal terminal, string? folder)
    {
        terminal.Error.WriteLine(
            folder is null
                ? "Stopped before all sequences were run; nothing was kept, since there is no --out."
                : "Stopped before all sequences were run; those that are done were kept: go on with "
                    + $"./foof continual --resume {folder}."
        );
        return ExitCode.Stopped;
    }

    private static JsonObject Metrics(ContinualSettings settings, IReadOnlyList<VariantResult> results) =>
        new()
        {
            ["command"] = "continual",
            ["scenario"] = settings.Scenario,
            ["tasks"] = settings.Tasks,
            ["options"] = JsonSerializer.SerializeToNode(settings, Names),
            ["rows"] = new JsonArray([.. results.Select(result => result.ToJson())]),
            ["peak_rss_mb"] = MemoryUse.PeakMegabytes,
        };
}
