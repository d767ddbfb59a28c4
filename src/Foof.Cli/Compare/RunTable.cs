using System.Text.Json;
using Foof.Cli.Training;

namespace Foof.Cli.Compare;

/// <summary>
/// The runs that are finished, in a folder where one was asked for; other comparisons' runs among them.
/// </summary>
internal sealed class RunTable
{
    /// <summary>The file in the folder.</summary>
    internal const string FileName = "compare.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly string? file;
    private readonly string fingerprint;
    private readonly List<FinishedRun> runs;

    private RunTable(string? file, string fingerprint, List<FinishedRun> runs) =>
        (this.file, this.fingerprint, this.runs) = (file, fingerprint, runs);

    /// <summary>What a folder holds; nothing where it holds no table, or where there is no folder.</summary>
    /// <exception cref="CommandFailure">The file is damaged.</exception>
    internal static RunTable Open(string? folder, string fingerprint)
    {
        var file = folder is null ? null : Path.Combine(folder, FileName);
        return new(file, fingerprint, file is not null && File.Exists(file) ? Read(file) : []);
    }

    /// <summary>The finished run with these settings and these data; null where there is none.</summary>
    internal FinishedRun? Find(TrainingSettings settings) =>
        runs.Find(run =>
            run.Fingerprint == fingerprint && run.Options with { Data = settings.Data } == settings
        );

    /// <summary>Keeps a run: the file is the old one or the new one, never a part.</summary>
    internal void Add(FinishedRun run)
    {
        runs.Add(run);
        if (file is not null)
            AtomicFile.Write(file, stream => JsonSerializer.Serialize(stream, runs, Indented));
    }

    private static List<FinishedRun> Read(string file)
    {
        try
        {
            return
                JsonSerializer.Deserialize<List<FinishedRun?>>(File.ReadAllBytes(file)) is { } found
                && found.TrueForAll(run => run is { IsPossible: true })
                ? [.. found.OfType<FinishedRun>()]
                : throw Damaged(file, "it holds no list of finished runs");
        }
        catch (JsonException error)
        {
            throw Damaged(file, $"line {error.LineNumber + 1} is none of its JSON");
        }
    }

    private static CommandFailure Damaged(string file, string reason) =>
        new($"{file} is damaged: {reason}; remove it, or name another folder by --out.");
}

/// <summary>A run that needs not be made again.</summary>
/// <param name="Options">Everything that decided it.</param>
/// <param name="Fingerprint">Of the data set.</param>
/// <param name="Machine">Where its times were measured.</param>
/// <param name="Parameters">How many the model has.</param>
/// <param name="WarmUpSeconds">The time before its first step.</param>
/// <param name="Epochs">Its epochs; fewer than were asked for where it diverged.</param>
/// <param name="Failure">Why it ended early; null where it did not.</param>
internal sealed record FinishedRun(
    TrainingSettings Options,
    string Fingerprint,
    string Machine,
    long Parameters,
    double WarmUpSeconds,
    IReadOnlyList<EpochResult> Epochs,
    string? Failure
)
{
    /// <summary>The optimiser.</summary>
    internal OptimizerKind Optimizer => OptimizerKind.Find(Options.Optimizer);

    /// <summary>The training loss at its end; null where it did not come to it.</summary>
    internal double? TrainLoss => Failure is null ? Epochs[^1].TrainLoss : null;

    /// <summary>Its damping; null where the optimiser has none.</summary>
    internal double? Damping => Optimizer.HasCurvature ? Options.Damping : null;

    /// <summary>Whether a file may say so.</summary>
    internal bool IsPossible =>
        Options is not null
        && TrainingSettings.Table.IsPossible(Options)
        && OptimizerKind.Names.Contains(Options.Optimizer)
        && Fingerprint is not null
        && Machine is not null
        && Epochs is not null
        && (Failure is not null || Epochs.Count == Options.Epochs);
}
