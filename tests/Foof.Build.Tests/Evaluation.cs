using System.Text.Json;

namespace Foof.Build.Tests;

/// <summary>What MSBuild makes of a project: the packages it refers to and a few properties.</summary>
internal sealed record Evaluation(string[] Packages, IReadOnlyDictionary<string, string> Values)
{
    private static readonly string[] Asked =
    [
        "OutputType",
        "IsTestProject",
        "TorchBackend",
        "TreatWarningsAsErrors",
        "GenerateDocumentationFile",
    ];

    internal static Evaluation Of(string project, string? backend = null)
    {
        var environment = new Dictionary<string, string>();
        if (backend is not null)
            environment["TorchBackend"] = backend;
        var (code, output) = MSBuild.RunWith(
            environment,
            [project, "-getItem:PackageReference", "-getProperty:" + string.Join(',', Asked)]
        );
        if (code != 0)
            throw new InvalidOperationException($"Evaluating {project} failed: {output}");
        using var json = JsonDocument.Parse(output);
        var items = json.RootElement.GetProperty("Items");
        return new Evaluation(
            Names(items, "PackageReference"),
            json.RootElement.GetProperty("Properties")
                .EnumerateObject()
                .ToDictionary(property => property.Name, property => property.Value.GetString()!)
        );
    }

    internal bool Has(string property) => Values[property] == "true";

    private static string[] Names(JsonElement items, string kind) =>
        [.. items.GetProperty(kind).EnumerateArray().Select(item => item.GetProperty("Identity").GetString()!)];
}
