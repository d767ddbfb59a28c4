using System.Text.Json;
using System.Text.Json.Nodes;

namespace Foof.Cli.Reports.Charts;

/// <summary>What all charts have in common as specifications of Vega; the page gives them their width.</summary>
internal static class VegaSpec
{
    /// <summary>What the drawn numbers are called.</summary>
    internal const string Data = "numbers";

    private const int Padding = 5;

    /// <summary>A chart of such a height.</summary>
    internal static JsonObject Of(
        int height,
        JsonArray values,
        JsonArray scales,
        JsonArray axes,
        JsonArray legends,
        JsonArray marks
    ) =>
        new()
        {
            ["height"] = height,
            ["padding"] = Padding,
            ["autosize"] = new JsonObject { ["type"] = "fit-x", ["contains"] = "padding" },
            ["data"] = new JsonArray(new JsonObject { ["name"] = Data, ["values"] = values }),
            ["scales"] = scales,
            ["axes"] = axes,
            ["legends"] = legends,
            ["marks"] = marks,
        };

    /// <summary>A mark that looks so; the page's own words stand for it where nobody sees it.</summary>
    internal static JsonObject Mark(string type, JsonObject look, string? data = Data)
    {
        var mark = new JsonObject
        {
            ["type"] = type,
            ["aria"] = false,
            ["encode"] = new JsonObject { ["update"] = look },
        };
        if (data is not null)
            mark["from"] = new JsonObject { ["data"] = data };
        return mark;
    }

    /// <summary>A field's place or colour.</summary>
    internal static JsonObject Scaled(string scale, string field) =>
        new() { ["scale"] = scale, ["field"] = field };

    /// <summary>The same for every point.</summary>
    internal static JsonObject Fixed(JsonNode value) => new() { ["value"] = value };

    /// <summary>What stands beside the pointer: titles with expressions, one in a row.</summary>
    internal static JsonObject Tip(IEnumerable<(string Title, string Expression)> rows) =>
        new()
        {
            ["signal"] =
                $"{{{string.Join(", ", rows.Select(row => $"{JsonSerializer.Serialize(row.Title)}: {row.Expression}"))}}}",
        };

    /// <summary>Names as JSON.</summary>
    internal static JsonArray Names(IEnumerable<string> names) => [.. names.Select(name => (JsonNode)name)];
}
