using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Foof.Cli.Output;

/// <summary>The JSON object that <c>--metrics</c> and <c>--json</c> ask for: all of it or nothing.</summary>
internal static class MetricsFile
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        // No page will hold it: signs may stay as they are.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Refuses a file that cannot be written; null: there is no file.</summary>
    internal static void Check(string? path)
    {
        if (path is not null)
            WritableFile.CheckFile("--metrics", path);
    }

    /// <summary>
    /// Writes the object where a file was asked for, and on standard output where that was.
    /// </summary>
    internal static void Write(Terminal terminal, string? path, JsonObject metrics)
    {
        terminal.Numbers?.WriteLine(JsonSerializer.Serialize(metrics, Indented));
        if (path is not null)
            AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, metrics, Indented));
    }
}
