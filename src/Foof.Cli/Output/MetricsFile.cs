using System.Text.Json;
using System.Text.Json.Nodes;

namespace Foof.Cli.Output;

/// <summary>The JSON object that <c>--metrics</c> asks for: all of it or nothing.</summary>
internal static class MetricsFile
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Refuses a file that cannot be written; null is none.</summary>
    internal static void Check(string? path)
    {
        if (path is not null)
            WritableFile.CheckFile("--metrics", path);
    }

    /// <summary>Writes the object where a file was asked for.</summary>
    internal static void Write(string? path, JsonObject metrics)
    {
        if (path is not null)
            AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, metrics, Indented));
    }
}
