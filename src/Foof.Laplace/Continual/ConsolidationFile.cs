using System.Text.Json;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>What was learnt from tasks, as a safetensors file with a description in its header.</summary>
internal static class ConsolidationFile
{
    private const string DescriptionKey = "foof.consolidation";
    private const string CheckSumKey = "check_sum";
    private const string OwnPrefix = "own.";

    /// <summary>What the header says.</summary>
    private sealed record Description(
        string Kind,
        LayerDescription[] Layers,
        TermDescription[] Terms,
        int Tasks,
        double Discarded
    );

    private sealed record TermDescription(string Curvature, bool HasSlope);

    /// <summary>Writes all of it or nothing.</summary>
    internal static void Save(
        string path,
        string kind,
        Layer[] layers,
        Consolidated learnt,
        IEnumerable<KeyValuePair<string, Tensor>> own
    )
    {
        var tensors = new Dictionary<string, Tensor>();
        var terms = learnt.Terms.Select((term, i) => Describe(tensors, $"term.{i}", term)).ToArray();
        foreach (var (name, tensor) in own)
            tensors.Add(OwnPrefix + name, tensor);
        var text = JsonSerializer.Serialize(
            new Description(kind, LayerDescription.Of(layers), terms, learnt.Tasks, learnt.Discarded)
        );
        Safetensors.Save(
            path,
            tensors,
            [new(DescriptionKey, text), new(CheckSumKey, FileCheckSum.Of(tensors, text))]
        );
    }

    /// <summary>Reads it on the layers' device; tensors belong to the caller's scope.</summary>
    internal static (Consolidated Learnt, IReadOnlyDictionary<string, Tensor> Own) Load(
        string path,
        string kind,
        Layer[] layers
    )
    {
        var content = Safetensors.Load(path);
        var device = layers[0].Weight.device;
        // Outside of every scope until here: the scope of the caller takes the tensors on.
        var tensors = content.Tensors.ToDictionary(pair => pair.Key, pair => pair.Value.to(device).alias());
        try
        {
            var description = Checked(path, content);
            Require(path, kind, layers, description);
            return (Learnt(path, description, tensors, layers), Own(tensors));
        }
        finally
        {
            content.Dispose();
        }
    }

    private static TermDescription Describe(Dictionary<string, Tensor> tensors, string path, Quadratic term)
    {
        foreach (var (l, centre) in term.Centre.Index())
            tensors.Add($"{path}.centre.{l}", centre);
        if (term.Slope.IsSome)
        {
            var (slope, level) = term.Slope.Value;
            foreach (var (l, matrix) in slope.Index())
                tensors.Add($"{path}.slope.{l}", matrix);
            tensors.Add($"{path}.level", level);
        }
        return new(CurvatureFormat.describe(tensors, $"{path}.curvature", term.Curvature), term.Slope.IsSome);
    }

    private static Description Checked(string path, SafetensorsContent content)
    {
        if (content.Metadata.GetValueOrDefault(DescriptionKey) is not { } text)
            throw new ArgumentException($"{path} must be a file of learnt tasks; it does not tell of any.");
        var found = FileCheckSum.Of(content.Tensors, text);
        var kept = content.Metadata.GetValueOrDefault(CheckSumKey);
        if (kept != found)
            throw Damaged(path, $"its check sum must be {found}; found {kept ?? "none"}");
        try
        {
            return
                JsonSerializer.Deserialize<Description>(text)
                    is { Layers: not null, Terms: not null, Tasks: >= 0 } description
                ? description
                : throw Damaged(path, "its description is incomplete");
        }
        catch (JsonException)
        {
            throw Damaged(path, "its description is no JSON");
        }
    }

    private static void Require(string path, string kind, Layer[] layers, Description description)
    {
        if (description.Kind != kind)
            throw new ArgumentException(
                $"{path} must have been written by '{kind}'; it was by '{description.Kind}': use its options."
            );
        var expected = LayerDescription.Text(LayerDescription.Of(layers));
        var found = LayerDescription.Text(description.Layers);
        if (expected != found)
            throw new ArgumentException(
                $"{path} must be of this network, {expected}; it is of another one, {found}."
            );
    }

    private static Consolidated Learnt(
        string path,
        Description description,
        Dictionary<string, Tensor> tensors,
        Layer[] layers
    )
    {
        try
        {
            var terms = description.Terms.Select((term, i) => Read(tensors, $"term.{i}", term, layers));
            return new(ListModule.OfSeq(terms), description.Tasks, description.Discarded);
        }
        catch (ArgumentException error)
        {
            throw Damaged(path, error.Message);
        }
    }

    private static Quadratic Read(
        Dictionary<string, Tensor> tensors,
        string path,
        TermDescription term,
        Layer[] layers
    )
    {
        var curvature = CurvatureFormat.read(tensors, term.Curvature);
        var around = QuadraticModule.around(curvature, Vector("centre"));
        var shapes = layers.Select(layer => new[] { LayerModule.outputs(layer), LayerModule.inputs(layer) });
        WeightVector.check("the centre", [.. shapes], around.Centre);
        return term.HasSlope
            ? new(
                curvature,
                around.Centre,
                FSharpValueOption<ValueTuple<Tensor[], Tensor>>.NewValueSome(
                    (Vector("slope"), Find($"{path}.level"))
                )
            )
            : around;

        Tensor[] Vector(string name) => [.. layers.Select((_, l) => Find($"{path}.{name}.{l}"))];

        Tensor Find(string name) =>
            tensors.TryGetValue(name, out var tensor)
                ? tensor
                : throw new ArgumentException($"'{name}' must be there; it is not.");
    }

    private static Dictionary<string, Tensor> Own(Dictionary<string, Tensor> tensors) =>
        tensors
            .Where(pair => pair.Key.StartsWith(OwnPrefix, StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key[OwnPrefix.Length..], pair => pair.Value);

    private static InvalidDataException Damaged(string path, string reason) =>
        new($"{path} is damaged: {reason.TrimEnd('.')}.");
}
