using System.Text.Json;
using Foof.Cli.Output;
using Foof.Cli.Training;

namespace Foof.Cli.Compare;

/// <summary>
/// The finished runs, stored in a folder if the user named one. Runs of other comparisons may be among them.
/// </summary>
internal sealed class RunTable
{
    /// <summary>The name of the file in the folder.</summary>
    internal const string FileName = "compare.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly string? file;
    private readonly string fingerprint;
    private readonly List<FinishedRun> runs;

    private RunTable(string? file, string fingerprint, List<FinishedRun> runs) =>
        (this.file, this.fingerprint, this.runs) = (file, fingerprint, runs);

    /// <summary>The table in a folder; an empty one if there is no folder, or no table in it.</summary>
    /// <exception cref="CommandFailure">The file is damaged.</exception>
    internal static RunTable Open(string? folder, string fingerprint)
    {
        var file = folder is null ? null : Path.Combine(folder, FileName);
        return new(file, fingerprint, file is not null && File.Exists(file) ? Read(file) : []);
    }

    /// <summary>The finished run with these settings, variant and data; null if it is not there.</summary>
    internal FinishedRun? Find(TrainingSettings settings, string? variant = null) =>
        runs.Find(run =>
            run.Fingerprint == fingerprint
            && run.Variant == variant
            && run.Options with { Data = settings.Data } == settings
        );

    /// <summary>The machines of the finished runs.</summary>
    internal IReadOnlyList<string> Machines => [.. runs.Select(run => run.Machine).Distinct()];

    /// <summary>The finished runs of a grid.</summary>
    internal Comparison Of(IEnumerable<TrainingSettings> grid) =>
        new([.. grid.Select(one => Find(one)).OfType<FinishedRun>()]);

    /// <summary>Adds a run. The file is replaced as a whole.</summary>
    /// <exception cref="CommandFailure">It cannot be written; the old one remains.</exception>
    internal void Add(FinishedRun run)
    {
        var kept = runs.Count == 0 ? "no run was kept" : "the runs before it are kept";
        runs.Add(run);
        if (file is not null)
            Files.Writing(
                file,
                $"{kept}: make room, and the same command runs only what is missing",
                () => AtomicFile.Write(file, stream => JsonSerializer.Serialize(stream, runs, Indented))
            );
    }

    private static List<FinishedRun> Read(string file)
    {
        try
        {
            return
                JsonSerializer.Deserialize<List<FinishedRun?>>(File.ReadAllBytes(file)) is { } found
                && found.TrueForAll(run => run is { IsPossible: true })
                ? [.. found.OfType<FinishedRun>()]
                : throw Damaged(file, "it has no list of finished runs");
        }
        catch (JsonException error)
        {
            throw Damaged(file, $"line {error.LineNumber + 1} is not valid JSON for it");
        }
    }

    private static CommandFailure Damaged(string file, string reason) =>
        new($"{file} is damaged: {reason}; remove it, or name another folder by --out.");
}

/// <summary>A finished run.</summary>
/// <param name="Options">Its settings.</param>
/// <param name="Fingerprint">The fingerprint of the data set.</param>
/// <param name="Machine">The machine on which its times were measured.</param>
/// <param name="Parameters">The number of the model's parameters.</param>
/// <param name="WarmUpSeconds">The time before its first step.</param>
/// <param name="Epochs">Its finished epochs, which are fewer than planned if it diverged.</param>
/// <param name="Failure">Why it ended early; null if it did not.</param>
/// <param name="Start">What was measured before the first step; null if it was not.</param>
/// <param name="Course">Losses of the batches within epochs; null in files of earlier versions.</param>
/// <param name="Variant">The name of a change of the optimiser that no setting makes; null if nothing is changed.</param>
internal sealed record FinishedRun(
    TrainingSettings Options,
    string Fingerprint,
    string Machine,
    long Parameters,
    double WarmUpSeconds,
    IReadOnlyList<EpochResult> Epochs,
    string? Failure,
    EpochResult? Start = null,
    IReadOnlyList<CoursePoint>? Course = null,
    string? Variant = null
)
{
    /// <summary>The optimiser.</summary>
    internal OptimizerKind Optimizer => OptimizerKind.Find(Options.Optimizer);

    /// <summary>The final training loss; null if it diverged.</summary>
    internal double? TrainLoss =>
        Failure is null && double.IsFinite(Epochs[^1].TrainLoss) ? Epochs[^1].TrainLoss : null;

    /// <summary>Its damping; null if the optimiser has none.</summary>
    internal double? Damping => Optimizer.HasCurvature ? Options.Damping : null;

    /// <summary>Whether a comparison could have written it to a file.</summary>
    internal bool IsPossible =>
        Options is not null
        && TrainingSettings.Table.IsPossible(Options)
        && OptimizerKind.Names.Contains(Options.Optimizer)
        && Fingerprint is not null
        && Machine is not null
        && Epochs is not null
        && (Failure is not null || Epochs.Count == Options.Epochs);
}
