using System.Text.Json;

namespace Foof.Build.Tests;

/// <summary>What MSBuild makes of a project in one flavour: its references and a few properties.</summary>
internal sealed record Evaluation(
    string[] Projects,
    string[] Packages,
    IReadOnlyDictionary<string, string> Values
)
{
    private static readonly string[] Asked =
    [
        "UsesTorch",
        "TreatWarningsAsErrors",
        "GenerateDocumentationFile",
    ];

    internal static Evaluation Of(string project, params string[] flavour)
    {
        var (code, output) = MSBuild.Run([
            project,
            "-getItem:ProjectReference",
            "-getItem:PackageReference",
            "-getProperty:" + string.Join(',', Asked),
            .. flavour,
        ]);
        if (code != 0)
            throw new InvalidOperationException($"Evaluating {project} failed: {output}");
        using var json = JsonDocument.Parse(output);
        var items = json.RootElement.GetProperty("Items");
        return new Evaluation(
            [.. Names(items, "ProjectReference").Select(file => Path.GetFileNameWithoutExtension(file))],
            Names(items, "PackageReference"),
            json.RootElement.GetProperty("Properties")
                .EnumerateObject()
                .ToDictionary(property => property.Name, property => property.Value.GetString()!)
        );
    }

    internal bool Has(string property) => Values[property] == "true";

    private static string[] Names(JsonElement items, string kind) =>
        [
            .. items
                .GetProperty(kind)
                .EnumerateArray()
                .Select(item => item.GetProperty("Identity").GetString()!),
        ];
}
