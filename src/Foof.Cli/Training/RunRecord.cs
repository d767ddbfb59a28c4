using System.Text.Json;

namespace Foof.Cli.Training;

/// <summary>What a checkpoint says about its run beside the tensors.</summary>
/// <param name="Options">Everything that decides the run.</param>
/// <param name="Fingerprint">Of the data set.</param>
/// <param name="Epoch">The epoch under way, from 1.</param>
/// <param name="Step">How many of its steps are done.</param>
/// <param name="History">The finished epochs.</param>
internal sealed record RunRecord(
    TrainingOptions Options,
    string Fingerprint,
    int Epoch,
    int Step,
    IReadOnlyList<EpochResult> History
)
{
    /// <summary>As text.</summary>
    internal string ToJson() => JsonSerializer.Serialize(this);

    /// <summary>Reads such a text; null where it is none or contradicts itself.</summary>
    internal static RunRecord? FromJson(string text)
    {
        try
        {
            var record = JsonSerializer.Deserialize<RunRecord>(text);
            return
                record is { Options: not null, History: not null, Fingerprint: not null, Step: >= 0 }
                && record.Epoch == record.History.Count + 1
                && record.Options.IsPossible
                ? record
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
