using System.Text.Json;
using Foof.Cli.Output;

namespace Foof.Cli.Continual;

/// <summary>The finished sequences, stored in a folder if the user named one.</summary>
internal sealed class ContinualRecord
{
    /// <summary>The name of the file in the folder.</summary>
    internal const string FileName = "continual.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly string? folder;
    private readonly Content content;

    private sealed record Content(ContinualSettings Settings, string Fingerprint, List<SequenceResult> Sequences);

    private ContinualRecord(string? folder, Content content) => (this.folder, this.content) = (folder, content);

    /// <summary>The settings that the sequences were run with.</summary>
    internal ContinualSettings Settings => content.Settings;

    /// <summary>An empty record. An older file is replaced when the first sequence is finished.</summary>
    internal static ContinualRecord New(string? folder, ContinualSettings settings, string fingerprint) =>
        new(folder, new(settings, fingerprint, []));

    /// <summary>The record in a folder.</summary>
    /// <exception cref="CommandFailure">The file does not exist, or it is damaged.</exception>
    internal static ContinualRecord Load(string folder)
    {
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
            throw new CommandFailure($"--resume must name a folder with a {FileName}; {folder} has none.");
        try
        {
            return
                JsonSerializer.Deserialize<Content>(File.ReadAllBytes(file))
                    is { Settings: not null, Fingerprint: not null, Sequences: not null } content
                && ContinualSettings.Table.IsPossible(content.Settings)
                ? new(folder, content)
                : throw Damaged(file, "a part is missing");
        }
        catch (JsonException error)
        {
            throw Damaged(file, $"line {error.LineNumber + 1} is not valid JSON for it");
        }
    }

    /// <summary>Raises if the sequences were run with other data.</summary>
    internal void RequireData(string fingerprint)
    {
        if (content.Fingerprint != fingerprint)
            throw new CommandFailure($"The run in {folder} was made with other data: name the same data by --data.");
    }

    /// <summary>A finished sequence; null if it is not finished.</summary>
    internal SequenceResult? Find(string variant, double strength, long seed) =>
        content.Sequences.Find(done => (done.Variant, done.Strength, done.Seed) == (variant, strength, seed));

    /// <summary>Whether a sequence is finished.</summary>
    internal bool HasSequences => content.Sequences.Count > 0;

    /// <summary>How many sequences of a variant are finished.</summary>
    internal int CountOf(string variant) => content.Sequences.Count(done => done.Variant == variant);

    /// <summary>Adds a finished sequence.</summary>
    /// <exception cref="CommandFailure">The file cannot be written; the old one remains.</exception>
    internal void Add(SequenceResult result)
    {
        var rest =
            content.Sequences.Count == 0
                ? "no sequence was kept: make room, and start again"
                : $"the sequences before it are kept: make room, and continue by ./foof continual --resume {folder}";
        content.Sequences.Add(result);
        if (folder is null)
            return;
        var file = Path.Combine(folder, FileName);
        Files.Writing(
            file,
            rest,
            () => AtomicFile.Write(file, stream => JsonSerializer.Serialize(stream, content, Indented))
        );
    }

    private static CommandFailure Damaged(string file, string reason) =>
        new($"{file} is damaged: {reason}; start again with --out.");
}
