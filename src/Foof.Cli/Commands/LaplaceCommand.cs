using System.CommandLine;
using System.Text.Json;
using Foof.Cli.Data;
using Foof.Cli.Engine;
using Foof.Cli.Laplace;
using Foof.Cli.Models;
using Foof.Cli.Output;
using Foof.Cli.Reports;
using Foof.Cli.Training;
using Spectre.Console;
using TorchSharp;

namespace Foof.Cli.Commands;

/// <summary><c>foof laplace</c>: a posterior around a trained network.</summary>
internal sealed class LaplaceCommand
{
    private const int DefaultSamples = 100;
    private const int DefaultBudget = 1024;
    private const string PosteriorFile = "posterior.safetensors";
    private const string CurveFile = "evidence.json";

    private readonly Option<string?> model = Choice.Text(
        "--model",
        "DIR",
        "The folder of a run of foof train [default: trains an mlp 784-400-400-10 first]"
    );

    private readonly Option<string?> structure = Choice.Among(
        "--structure",
        $"What the posterior keeps [default: {PosteriorKind.Default}]",
        PosteriorKind.Names
    );

    private readonly Option<int?> subsample = Choice.Count(
        "--subsample",
        "How many training images the Fisher is of [default: 2000 for full, all for others]"
    );

    private readonly Option<string?> labels = Choice.Among(
        "--labels",
        "Whose labels the Fisher is taken at [default: all, where they fit the memory budget]",
        ["all", "sampled"]
    );

    private readonly Option<int?> samples = Choice.Count(
        "--samples",
        $"Samples of predictions that take some [default: {DefaultSamples}]"
    );

    private readonly Option<string?> tune = Choice.Among(
        "--tune",
        "How the prior precision is chosen [default: validation where images were held out, else evidence]",
        LaplaceRun.Tunings
    );

    private readonly Option<double?> precision = Choice.Positive(
        "--prior-precision",
        "The prior precision, instead of a choice by --tune"
    );

    private readonly Option<double?> temperature = Choice.Positive(
        "--temperature",
        "What the covariance is multiplied by [default: 1]"
    );

    private readonly Option<string?> predict = Choice.Among(
        "--predict",
        "How predictions are made [default: probit]",
        [.. LaplaceRun.Predictives.Select(kind => kind.Name)]
    );

    private readonly Option<string?> data = CommonOptions.Data("The data [default: those of the run]");

    private readonly Option<int?> test = Choice.Count(
        "--test",
        "Predict the first n test images [default: all]"
    );

    private readonly Option<int?> budget = Choice.Count(
        "--memory-budget",
        $"The most megabytes of the curvature [default: {DefaultBudget}]"
    );

    private readonly Option<long?> seed = Choice.Integer(
        "--seed",
        "Decides samples, sampled labels and noise images [default: 42]"
    );

    private readonly Option<int?> threads = Choice.Threads();

    private readonly Option<string?> device = Choice.Device();

    private readonly Option<string?> folder = Choice.Text(
        "--out",
        "DIR",
        "Leave the posterior and the evidence curve here"
    );

    private readonly Option<string?> metrics = CommonOptions.Metrics();

    private readonly Option<string?> report = CommonOptions.Report();

    /// <summary>The command.</summary>
    internal static Command Make(CommandFrame frame)
    {
        var options = new LaplaceCommand();
        var command = new Command("laplace", "Fit a posterior around a trained network, and judge it");
        foreach (var option in options.All)
            command.Add(option);
        command.SetAction(parsed => frame.Run(parsed, terminal => options.Run(parsed, terminal)));
        return command;
    }

    private IEnumerable<Option> All =>
        [
            model,
            structure,
            subsample,
            labels,
            samples,
            tune,
            precision,
            temperature,
            predict,
            data,
            test,
            budget,
            seed,
            threads,
            device,
            folder,
            metrics,
            report,
        ];

    private LaplaceSettings Read(ParseResult parsed) =>
        new()
        {
            Kind = PosteriorKind.Find(parsed.GetValue(structure) ?? PosteriorKind.Default),
            Subsample = parsed.GetValue(subsample),
            Samples = parsed.GetValue(samples) ?? DefaultSamples,
            Tune = parsed.GetValue(tune),
            PriorPrecision = parsed.GetValue(precision),
            Temperature = parsed.GetValue(temperature) ?? 1.0,
            Labels = parsed.GetValue(labels) switch
            {
                "all" => FisherLabels.All,
                "sampled" => FisherLabels.Sampled,
                _ => null,
            },
            Predictive = LaplaceRun
                .Predictives.FirstOrDefault(kind => kind.Name == parsed.GetValue(predict))
                .Kind,
            MemoryBudget = (long)(parsed.GetValue(budget) ?? DefaultBudget) << 20,
            Seed = parsed.GetValue(seed) ?? 42,
            Device = parsed.GetValue(device) ?? Devices.Cpu,
            Test = parsed.GetValue(test),
        };

    private int Run(ParseResult parsed, Terminal terminal)
    {
        var settings = Read(parsed);
        if (settings is { Tune: not null, PriorPrecision: not null })
            throw new CommandFailure(
                "--prior-precision and --tune exclude each other: leave one out.",
                ExitCode.Usage
            );
        // Before a network is trained, which may take long.
        Devices.Find(settings.Device);
        var target = parsed.GetValue(folder);
        if (target is not null)
            WritableFile.CheckFolder("--out", target);
        MetricsFile.Check(parsed.GetValue(metrics));
        ReportFile.Check(parsed.GetValue(report));
        torch.set_num_threads(parsed.GetValue(threads) ?? Choice.DefaultThreads);
        if (parsed.GetValue(model) is { } source)
            return Run(parsed, terminal, settings, source, target, kept: null);
        var trained = target ?? Directory.CreateTempSubdirectory("foof-laplace-").FullName;
        try
        {
            var code = Train(parsed, terminal, trained);
            var kept = target is null ? null : $"only the trained network was written, to {target}";
            return code == ExitCode.Success ? Run(parsed, terminal, settings, trained, target, kept) : code;
        }
        finally
        {
            if (target is null)
                Directory.Delete(trained, recursive: true);
        }
    }

    private int Train(ParseResult parsed, Terminal terminal, string trained) =>
        new TrainingRun(
            new(
                new()
                {
                    Data = parsed.GetValue(data),
                    Optimizer = "adam",
                    LearningRate = 1e-3,
                    Epochs = 5,
                    Hidden = "400-400",
                    Pixels = PixelScale.Unit.Name,
                    Validation = 2000,
                    Threads = parsed.GetValue(threads),
                    Device = parsed.GetValue(device),
                },
                trained,
                IsPassing: parsed.GetValue(folder) is null
            ),
            // One object goes to standard output, and that is the posterior's.
            terminal with
            {
                Numbers = null,
            }
        ).Run();

    private int Run(
        ParseResult parsed,
        Terminal terminal,
        LaplaceSettings settings,
        string source,
        string? target,
        string? kept
    )
    {
        using var checkpoint = Checkpoint.Load(source, "--model");
        var options = checkpoint.Run.Options;
        var kind = ModelCatalogue.Find(options.Model);
        if (!kind.Classifies)
            throw new CommandFailure(
                $"--model must be a network that tells classes; {options.Model} is none."
            );
        var place = Devices.Find(settings.Device);
        using var all = ImageData
            .Read(parsed.GetValue(data) ?? options.Data, options.Subset, PixelScale.Find(options.Pixels))
            .To(place);
        if (all.Fingerprint != checkpoint.Run.Fingerprint)
            throw new CommandFailure($"{source} was trained with other data: name the same data by --data.");
        using var heldOut = options.Validation is { } count ? new HeldOut(all, count) : null;
        var sets = heldOut?.Rest ?? all;
        if (settings.Test > sets.Test.Count)
            throw new CommandFailure($"--test must be at most {sets.Test.Count}; got {settings.Test}.");
        using var test = sets.Test.Part(0, settings.Test ?? sets.Test.Count);
        using var network = ModelCatalogue.Build(options).to(place);
        checkpoint.Restore(network);
        network.eval();
        var run = new LaplaceRun(settings, network, sets.Train, heldOut?.Validation, test, options.Data);
        return Measured.Run(
            terminal,
            parsed.GetValue(metrics),
            "the posterior was judged",
            () => run.Run(terminal.Progress, posterior => Save(posterior, target), terminal.Stop),
            (console, result) =>
            {
                Show(terminal, console, result, target);
                ReportFile.Write(
                    parsed.GetValue(report),
                    terminal.Progress,
                    () => LaplaceReport.Of(result, options, all.Fingerprint, settings)
                );
            },
            result => result.ToJson(MemoryUse.PeakMegabytes),
            kept: kept
        );
    }

    private static void Save(LaplacePosterior posterior, string? target)
    {
        if (target is not null)
            posterior.Save(Path.Combine(target, PosteriorFile));
    }

    private static void Show(Terminal terminal, IAnsiConsole console, LaplaceResult result, string? target)
    {
        foreach (var warning in result.Warnings)
            terminal.Error.WriteLine($"Note: {warning}");
        LaplaceTable.Write(console, result);
        if (target is not null)
            AtomicFile.Write(
                Path.Combine(target, CurveFile),
                stream => JsonSerializer.Serialize(stream, result.ToJson(0)["evidence_curve"])
            );
    }
}
