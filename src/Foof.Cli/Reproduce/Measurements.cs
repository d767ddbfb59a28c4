using System.Text.Json;
using System.Text.Json.Nodes;
using Foof.Cli.Output;

namespace Foof.Cli.Reproduce;

/// <summary>Measured numbers by name, in a file of the folder.</summary>
internal sealed class Measurements
{
    private const string FileName = "measurements.json";
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly string file;
    private readonly string data;
    private readonly JsonObject all;

    private Measurements(string file, string data, JsonObject all) =>
        (this.file, this.data, this.all) = (file, data, all);

    /// <summary>The numbers in a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="data">The data and the protocol that they are of.</param>
    /// <exception cref="CommandFailure">The file is damaged.</exception>
    internal static Measurements Open(string folder, string data)
    {
        var file = Path.Combine(folder, FileName);
        try
        {
            return new(file, data, File.Exists(file) ? JsonNode.Parse(File.ReadAllBytes(file))!.AsObject() : []);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new CommandFailure(
                $"{file} is damaged: it is no JSON object; remove it, or name another folder by --out."
            );
        }
    }

    /// <summary>Numbers that were measured before; null if they were not.</summary>
    internal JsonObject? Find(string name) => all[Key(name)]?.DeepClone().AsObject();

    /// <summary>Adds numbers. The file is replaced as a whole.</summary>
    internal void Add(string name, JsonObject numbers)
    {
        all[Key(name)] = JsonNode.Parse(numbers.ToJsonString());
        Files.Writing(
            file,
            "the numbers before are kept: make room, and the same command measures only what is missing",
            () => AtomicFile.Write(file, stream => JsonSerializer.Serialize(stream, all, Indented))
        );
    }

    private string Key(string name) => $"{name} ({data})";
}
