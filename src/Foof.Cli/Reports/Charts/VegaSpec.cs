using System.Text.Json;
using System.Text.Json.Nodes;

namespace Foof.Cli.Reports.Charts;

/// <summary>The parts that all specifications of Vega share. The page decides their width.</summary>
internal static class VegaSpec
{
    /// <summary>The name of the data.</summary>
    internal const string Data = "numbers";

    private const int Padding = 5;

    /// <summary>The specification of a chart.</summary>
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

    /// <summary>A mark. Screen readers skip it, since the page describes the whole chart.</summary>
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

    /// <summary>The position or colour of a field.</summary>
    internal static JsonObject Scaled(string scale, string field) => new() { ["scale"] = scale, ["field"] = field };

    /// <summary>A value that all points share.</summary>
    internal static JsonObject Fixed(JsonNode value) => new() { ["value"] = value };

    /// <summary>A tooltip with a row for each title and expression.</summary>
    internal static JsonObject Tip(IEnumerable<(string Title, string Expression)> rows) =>
        new()
        {
            ["signal"] =
                $"{{{string.Join(", ", rows.Select(row => $"{JsonSerializer.Serialize(row.Title)}: {row.Expression}"))}}}",
        };

    /// <summary>Names as JSON.</summary>
    internal static JsonArray Names(IEnumerable<string> names) => [.. names.Select(name => (JsonNode)name)];
}
