using Microsoft.Extensions.Logging;

namespace Foof;

/// <summary>Warnings in sentences, for whoever listens.</summary>
internal static partial class WarningLog
{
    /// <summary>Writes one.</summary>
    [LoggerMessage(2, LogLevel.Warning, "{Sentence}")]
    internal static partial void Warn(this ILogger logger, string sentence);
}
