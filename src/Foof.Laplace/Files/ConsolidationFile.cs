using System.Text.Json;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// Consolidated tasks as a file: one quadratic function for each term, and what a method saves with them.
/// </summary>
internal static class ConsolidationFile
{
    private const string DescriptionKey = "foof.consolidation";
    private const string OwnPrefix = "own.";

    /// <summary>The description in the header.</summary>
    private sealed record Description(
        string Kind,
        LayerDescription[] Layers,
        TermDescription[] Terms,
        int Tasks,
        double Discarded
    );

    private sealed record TermDescription(string Curvature, bool HasSlope);

    /// <summary>Writes the file completely or not at all.</summary>
    internal static void Save(
        string path,
        string kind,
        Layer[] layers,
        Consolidated learnt,
        IEnumerable<KeyValuePair<string, Tensor>> own
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var tensors = new Dictionary<string, Tensor>();
        var terms = learnt.Terms.Select((term, i) => Describe(tensors, $"term.{i}", term)).ToArray();
        foreach (var (name, tensor) in own)
            tensors.Add(OwnPrefix + name, tensor);
        var text = JsonSerializer.Serialize(
            new Description(kind, LayerDescription.Of(layers), terms, learnt.Tasks, learnt.Discarded)
        );
        CurvatureFile.Save(path, tensors, new KeyValuePair<string, string>(DescriptionKey, text));
    }

    /// <summary>
    /// Reads a file on the layers' device; the tensors belong to the caller's dispose scope.
    /// </summary>
    internal static (Consolidated Learnt, IReadOnlyDictionary<string, Tensor> Own) Load(
        string path,
        string kind,
        Layer[] layers
    )
    {
        var file = CurvatureFile.Load(path, layers[0].Weight.device, "learnt tasks", DescriptionKey);
        var description = file.Description<Description>(
            0,
            found => found is { Layers: not null, Terms: not null, Tasks: >= 0 }
        );
        if (description.Kind != kind)
            throw file.Foreign($"must have been written by '{kind}'; it was by '{description.Kind}': use its options");
        file.RequireLayers(layers, description.Layers);
        var learnt = file.Read(() =>
        {
            var terms = description.Terms.Select((term, i) => Read(file.Tensors, $"term.{i}", term, layers));
            return new Consolidated(ListModule.OfSeq(terms), description.Tasks, description.Discarded);
        });
        return (learnt, Own(file.Tensors));
    }

    private static TermDescription Describe(Dictionary<string, Tensor> tensors, string path, Quadratic term)
    {
        foreach (var (l, centre) in term.Centre.Index())
            tensors.Add($"{path}.centre.{l}", centre);
        if (term.AtCentre.IsSome)
        {
            var own = term.AtCentre.Value;
            foreach (var (l, matrix) in own.Gradient.Index())
                tensors.Add($"{path}.slope.{l}", matrix);
            tensors.Add($"{path}.level", own.Value);
        }
        return new(CurvatureFormat.describe(tensors, $"{path}.curvature", term.Curvature), term.AtCentre.IsSome);
    }

    private static Quadratic Read(Dictionary<string, Tensor> tensors, string path, TermDescription term, Layer[] layers)
    {
        var curvature = CurvatureFormat.read(tensors, term.Curvature);
        var around = QuadraticModule.around(curvature, Vector("centre"));
        var shapes = layers.Select(layer => new[] { LayerModule.outputs(layer), LayerModule.inputs(layer) });
        WeightVector.check("the centre", [.. shapes], around.Centre);
        return term.HasSlope
            ? new(
                curvature,
                around.Centre,
                FSharpValueOption<ValueAndGradient>.NewValueSome(new(Find($"{path}.level"), Vector("slope")))
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
}
