using System.Text.Json;
using Foof.Cli.Commands;
using Foof.Cli.Data;
using Foof.Cli.Engine;
using Foof.Cli.Models;
using Foof.Cli.Output;
using Foof.Cli.Settings;
using Foof.Cli.Training;
using TorchSharp;

namespace Foof.Cli.Laplace;

/// <summary><c>foof laplace</c>: fits a posterior around a trained network.</summary>
internal sealed class LaplaceCommand(Given given, Files files, Terminal terminal)
{
    private const string PosteriorFile = "posterior.safetensors";
    private const string CurveFile = "evidence.json";
    private const int HeldOut = 2000;

    private readonly LaplaceSettings settings = LaplaceSettings.Table.Fill(given);

    /// <summary>Fits and evaluates a posterior. If no network is named, it first trains one.</summary>
    internal int Run()
    {
        // A missing device is refused before the training, which may take long.
        Devices.Find(settings.Device);
        if (settings.Model is null)
            RequireData();
        string[] network = settings.Model is null ? [Checkpoint.FileName, Checkpoint.ModelFileName] : [];
        using var reserved = files.Reserve(null, [PosteriorFile, CurveFile, .. network]);
        torch.set_num_threads(settings.Threads);
        if (settings.Model is { } source)
            return Judge(source);
        var trained = files.Out ?? Directory.CreateTempSubdirectory("foof-laplace-").FullName;
        try
        {
            var code = Train(trained);
            if (code == ExitCode.Success)
                return Judge(trained);
            if (files.Out is not null && File.Exists(Checkpoint.File(trained)))
                terminal.Error.WriteLine($"Then {Again()}.");
            return code;
        }
        finally
        {
            if (files.Out is null)
                Directory.Delete(trained, recursive: true);
        }
    }

    // What the data cannot have is refused before the training, which may take long.
    private void RequireData()
    {
        var name = given.Text("--data") ?? ImageData.FashionMnist;
        using var data = ImageData.Read(name);
        if (data.Train.Count <= HeldOut)
            throw new CommandFailure(
                $"--data must have more than {HeldOut} training images if no network is named; {name} has "
                    + $"{data.Train.Count}: train one by ./foof train --validation n --out DIR, and name it by --model DIR."
            );
        RequireImages(data.Train.Count - HeldOut, data.Test.Count);
    }

    private void RequireImages(long train, long test)
    {
        if (settings.Test > test)
            throw TooMany("--test", test, "test", settings.Test);
        if (settings.Subsample > train)
            throw TooMany("--subsample", train, "training", settings.Subsample);
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
                .With("--validation", HeldOut),
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

    private int Judge(string source)
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
        RequireImages(sets.Train.Count, sets.Test.Count);
        using var test = sets.Test.Part(0, settings.Test ?? sets.Test.Count);
        using var network = ModelKind.Build(trained, sets.Shape).to(place);
        checkpoint.Restore(network);
        network.eval();
        var run = new LaplaceRun(settings, network, sets.Train, data.Validation, test, trained.Data, terminal);
        if (run.Run(Save) is not { } result)
            return Stopped(run.Fitted);
        Show(result);
        var last = files with { Repeat = Again(isForced: true) };
        last.WriteMetrics(terminal, result.ToJson(MemoryUse.PeakMegabytes));
        last.WriteReport(terminal.Progress, () => LaplaceReport.Of(result, trained, sets.Fingerprint, settings));
        return ExitCode.Success;
    }

    // A posterior that is fitted is kept, whether it is evaluated or not.
    private int Stopped(FittedPosterior? fitted)
    {
        var place = fitted is null
            ? "Stopped before the posterior was fitted"
            : "Stopped before the posterior was evaluated";
        var kept =
            files.Out is not { } folder ? "nothing was kept, since there is no --out."
            : fitted is not null ? $"it is in {InFolder(PosteriorFile)}: to evaluate it, {Again(isForced: true)}."
            : settings.Model is null ? $"the trained network is in {folder}: {Again()}."
            : "the same command starts again.";
        terminal.Error.WriteLine($"{place}; {kept}");
        if (fitted is not null)
            files.WriteMetrics(terminal, fitted.ToJson());
        return ExitCode.Stopped;
    }

    // A network that this command has trained is not trained again.
    private string Again(bool isForced = false)
    {
        var network = settings.Model is null && files.Out is not null ? $" with --model {files.Out}" : "";
        var force = isForced && files.Out is not null ? $"{(network.Length == 0 ? " with" : " and")} --force" : "";
        return $"repeat the command{network}{force}";
    }

    private string InFolder(string name) => Path.Combine(files.Out!, name);

    private static CommandFailure TooMany(string option, long most, string kind, int? got) =>
        new($"{option} must be at most {most}, the {kind} images; got {got}: lower it.", ExitCode.Usage);

    private void Save(LaplacePosterior posterior) =>
        Keep(PosteriorFile, "the posterior is not kept", file => posterior.Save(file));

    private void Keep(string name, string rest, Action<string> write)
    {
        if (files.Out is null)
            return;
        var file = InFolder(name);
        Files.Writing(file, $"{rest}: make room, and {Again(File.Exists(InFolder(PosteriorFile)))}", () => write(file));
    }

    private void Show(LaplaceResult result)
    {
        foreach (var warning in result.Warnings)
            terminal.Error.WriteLine($"Note: {warning}");
        result.Write(terminal.Console);
        Keep(
            CurveFile,
            $"{PosteriorFile} beside it is kept",
            file =>
                AtomicFile.Write(file, stream => JsonSerializer.Serialize(stream, result.ToJson(0)["evidence_curve"]))
        );
    }
}
