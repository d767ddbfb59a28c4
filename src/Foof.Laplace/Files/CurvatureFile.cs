using System.Text.Json;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// A safetensors file about a network's curvature: tensors, descriptions in the header, and a check sum of
/// both.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="Texts">The descriptions, in the order of their keys.</param>
/// <param name="Tensors">The tensors, in the dispose scope of the code that loaded them.</param>
internal sealed record CurvatureFile(string Path, IReadOnlyList<string> Texts, Dictionary<string, Tensor> Tensors)
{
    private const string CheckSumKey = "check_sum";

    /// <summary>Writes the file completely or not at all.</summary>
    internal static void Save(
        string path,
        IReadOnlyDictionary<string, Tensor> tensors,
        params KeyValuePair<string, string>[] descriptions
    )
    {
        var sum = FileCheckSum.Of(tensors, string.Concat(descriptions.Select(text => text.Value)));
        Safetensors.Save(path, tensors, [.. descriptions, new(CheckSumKey, sum)]);
    }

    /// <summary>
    /// Reads a file with these descriptions to a device; the tensors belong to the caller's dispose scope.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="device">The device of the tensors.</param>
    /// <param name="kind">What the file must contain, for the message.</param>
    /// <param name="keys">The descriptions' keys.</param>
    /// <exception cref="ArgumentException">The file contains something else.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    internal static CurvatureFile Load(string path, Device device, string kind, params string[] keys)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var content = Safetensors.Load(path);
        var texts = keys.Select(key => content.Metadata.GetValueOrDefault(key)).OfType<string>().ToArray();
        if (texts.Length < keys.Length)
            throw new ArgumentException(
                $"{path} must be a file of {kind}; it has no such description: name another file."
            );
        var found = FileCheckSum.Of(content.Tensors, string.Concat(texts));
        var kept = content.Metadata.GetValueOrDefault(CheckSumKey);
        if (kept != found)
            throw Damaged(path, $"its check sum must be {found}; found {kept ?? "none"}");
        // The tensors were in no scope until here; now the caller's scope owns them.
        var tensors = content.Tensors.ToDictionary(pair => pair.Key, pair => pair.Value.to(device).alias());
        return new(path, texts, tensors);
    }

    /// <summary>Returns a description, parsed as JSON.</summary>
    internal T Description<T>(int place, Func<T, bool> isComplete)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(Texts[place]) is { } description && isComplete(description)
                ? description
                : throw Damaged(Path, "its description is incomplete");
        }
        catch (JsonException)
        {
            throw Damaged(Path, "its description is not JSON");
        }
    }

    /// <summary>Raises unless the file belongs to these layers.</summary>
    internal void RequireLayers(Layer[] layers, LayerDescription[] described)
    {
        var expected = LayerDescription.Text(LayerDescription.Of(layers));
        var found = LayerDescription.Text(described);
        if (expected != found)
            throw Foreign($"must be of this network, {expected}; it is of another one, {found}");
    }

    /// <summary>
    /// Reads a value from tensors and descriptions; if these do not fit one another, raises that the file is
    /// damaged.
    /// </summary>
    internal T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ArgumentException error)
        {
            throw Damaged(Path, error.Message);
        }
    }

    /// <summary>Makes the error for a file that belongs to something else.</summary>
    internal ArgumentException Foreign(string reason) => new($"{Path} {reason}.");

    private static InvalidDataException Damaged(string path, string reason) =>
        new($"{path} is damaged: {reason.TrimEnd('.')}.");
}
