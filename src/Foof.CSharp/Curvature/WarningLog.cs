using Microsoft.Extensions.Logging;

namespace Foof;

/// <summary>Writes warnings to a logger.</summary>
internal static partial class WarningLog
{
    /// <summary>Writes one warning.</summary>
    [LoggerMessage(2, LogLevel.Warning, "{Sentence}")]
    internal static partial void Warn(this ILogger logger, string sentence);
}
