using Microsoft.Extensions.Logging;

namespace Foof;

/// <summary>Writes warnings to a logger.</summary>
internal static partial class WarningLog
{
    /// <summary>Writes one warning.</summary>
    [LoggerMessage(2, LogLevel.Warning, "{Sentence}")]
    internal static partial void Warn(this ILogger logger, string sentence);
}

/// <summary>What a warning is about; those about one topic are replaced and removed together.</summary>
internal enum WarningTopic
{
    Uncovered,
    SampledLabels,
    Evidence,
    EdgeOfPrecision,
    EdgeOfTemperature,
    EdgeOfNoise,
    ColumnBudget,
}

/// <summary>Warnings in the order in which they arose.</summary>
internal sealed class WarningList
{
    private readonly List<(WarningTopic Topic, string Sentence)> all = [];

    /// <summary>The sentences as they are now.</summary>
    internal IReadOnlyList<string> Sentences => [.. all.Select(warning => warning.Sentence)];

    /// <summary>Adds a sentence and writes it to the logger, unless it is there already.</summary>
    internal void Add(WarningTopic topic, string sentence, ILogger logger)
    {
        if (all.Contains((topic, sentence)))
            return;
        all.Add((topic, sentence));
        logger.Warn(sentence);
    }

    /// <summary>Removes what is about a topic.</summary>
    internal void Forget(WarningTopic topic) => all.RemoveAll(warning => warning.Topic == topic);
}
