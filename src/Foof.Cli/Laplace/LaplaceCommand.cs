using System.Text.Json;
using Foof.Cli.Commands;
using Foof.Cli.Data;
using Foof.Cli.Engine;
using Foof.Cli.Models;
using Foof.Cli.Output;
using Foof.Cli.Reports;
using Foof.Cli.Settings;
using Foof.Cli.Training;
using TorchSharp;

namespace Foof.Cli.Laplace;

/// <summary><c>foof laplace</c>: fits a posterior around a trained network.</summary>
internal sealed class LaplaceCommand(Given given, Files files, Terminal terminal)
{
    private const string PosteriorFile = "posterior.safetensors";
    private const string CurveFile = "evidence.json";

    private readonly LaplaceSettings settings = LaplaceSettings.Table.Fill(given);

    /// <summary>Fits and evaluates a posterior. If no network is named, it first trains one.</summary>
    internal int Run()
    {
        // A missing device is refused before the training, which may take long.
        Devices.Find(settings.Device);
        string[] network = settings.Model is null ? [Checkpoint.FileName, Checkpoint.ModelFileName] : [];
        using var reserved = files.Reserve(null, [PosteriorFile, CurveFile, .. network]);
        torch.set_num_threads(settings.Threads);
        if (settings.Model is { } source)
            return Judge(source, kept: null);
        var trained = files.Out ?? Directory.CreateTempSubdirectory("foof-laplace-").FullName;
        try
        {
            var code = Train(trained);
            var kept = files.Out is null ? null : $"only the trained network was written, to {files.Out}";
            return code == ExitCode.Success ? Judge(trained, kept) : code;
        }
        finally
        {
            if (files.Out is null)
                Directory.Delete(trained, recursive: true);
        }
    }

    // Only the posterior's numbers go to standard output.
    private int Train(string folder) =>
        new TrainingRun(
            given
                .Only("--data", "--threads", "--device")
                .With("--optimizer", "adam")
                .With("--learning-rate", 1e-3)
                .With("--epochs", 5)
                .With("--hidden", "400-400")
                .With("--pixels", PixelScale.Unit.Name)
                .With("--validation", 2000),
            new() { Out = folder },
            terminal with
            {
                Numbers = null,
            }
        )
        {
            IsPassing = files.Out is null,
            IsReserved = true,
        }.Run();

    private int Judge(string source, string? kept)
    {
        using var checkpoint = Checkpoint.Load(source, "--model");
        var trained = checkpoint.Run.Options;
        if (!ModelKind.Find(trained.Model).Classifies)
            throw new CommandFailure($"--model must be a network with classes; {trained.Model} has none.");
        var place = Devices.Find(settings.Device);
        using var data = new RunData(given.Text("--data") ?? trained.Data, trained, place);
        var sets = data.Rest;
        if (sets.Fingerprint != checkpoint.Run.Fingerprint)
            throw new CommandFailure($"{source} was trained with other data: name the same data by --data.");
        if (settings.Test > sets.Test.Count)
            throw TooMany("--test", sets.Test.Count, "test", settings.Test);
        if (settings.Subsample > sets.Train.Count)
            throw TooMany("--subsample", sets.Train.Count, "training", settings.Subsample);
        using var test = sets.Test.Part(0, settings.Test ?? sets.Test.Count);
        using var network = ModelKind.Build(trained).to(place);
        checkpoint.Restore(network);
        network.eval();
        var run = new LaplaceRun(settings, network, sets.Train, data.Validation, test, trained.Data, terminal);
        return Measured.Run(
            terminal,
            files,
            "the posterior was evaluated",
            () => run.Run(Save),
            (_, result) => Show(result, () => LaplaceReport.Of(result, trained, sets.Fingerprint, settings)),
            result => result.ToJson(MemoryUse.PeakMegabytes),
            kept: kept
        );
    }

    private static CommandFailure TooMany(string option, long most, string kind, int? got) =>
        new($"{option} must be at most {most}, the {kind} images; got {got}: lower it.", ExitCode.Usage);

    private void Save(LaplacePosterior posterior)
    {
        if (files.Out is not null)
            posterior.Save(Path.Combine(files.Out, PosteriorFile));
    }

    private void Show(LaplaceResult result, Func<Report> report)
    {
        foreach (var warning in result.Warnings)
            terminal.Error.WriteLine($"Note: {warning}");
        result.Write(terminal.Console);
        if (files.Out is not null)
            AtomicFile.Write(
                Path.Combine(files.Out, CurveFile),
                stream => JsonSerializer.Serialize(stream, result.ToJson(0)["evidence_curve"])
            );
        files.WriteReport(terminal.Progress, report);
    }
}
