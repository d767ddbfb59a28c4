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

    /// <summary>The finished run with these options and these data; null where there is none.</summary>
    internal FinishedRun? Find(TrainingOptions options) =>
        runs.Find(run =>
            run.Fingerprint == fingerprint && run.Options with { Data = options.Data } == options
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
