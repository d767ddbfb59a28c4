using System.Text.Json;

namespace Foof.Cli.Continual;

/// <summary>The sequences that are done, in a folder where one was asked for.</summary>
internal sealed class ContinualRecord
{
    /// <summary>The file in the folder.</summary>
    internal const string FileName = "continual.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly string? folder;
    private readonly Content content;

    private sealed record Content(
        ContinualSettings Settings,
        string Fingerprint,
        List<SequenceResult> Sequences
    );

    private ContinualRecord(string? folder, Content content) =>
        (this.folder, this.content) = (folder, content);

    /// <summary>The settings that the sequences were run with.</summary>
    internal ContinualSettings Settings => content.Settings;

    /// <summary>
    /// Nothing is done yet; a file that was there is replaced when the first sequence is
    /// done.
    /// </summary>
    internal static ContinualRecord New(string? folder, ContinualSettings settings, string fingerprint) =>
        new(folder, new(settings, fingerprint, []));

    /// <summary>What another run left in a folder.</summary>
    /// <exception cref="CommandFailure">There is no file, or it is damaged.</exception>
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
                : throw Damaged(file, "it lacks a part");
        }
        catch (JsonException error)
        {
            throw Damaged(file, $"line {error.LineNumber + 1} is none of its JSON");
        }
    }

    /// <summary>Raises unless the data are those of the sequences.</summary>
    internal void RequireData(string fingerprint)
    {
        if (content.Fingerprint != fingerprint)
            throw new CommandFailure(
                $"The run in {folder} was made with other data: name the same data by --data."
            );
    }

    /// <summary>A sequence that is done; null where it is not.</summary>
    internal SequenceResult? Find(string variant, double strength, long seed) =>
        content.Sequences.Find(done => (done.Variant, done.Strength, done.Seed) == (variant, strength, seed));

    /// <summary>Keeps a sequence.</summary>
    internal void Add(SequenceResult result)
    {
        content.Sequences.Add(result);
        if (folder is not null)
            AtomicFile.Write(
                Path.Combine(folder, FileName),
                stream => JsonSerializer.Serialize(stream, content, Indented)
            );
    }

    private static CommandFailure Damaged(string file, string reason) =>
        new($"{file} is damaged: {reason}; start again with --out.");
}
