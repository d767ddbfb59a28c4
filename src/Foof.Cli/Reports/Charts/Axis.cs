using System.Text.Json.Nodes;

namespace Foof.Cli.Reports.Charts;

/// <summary>An axis of a chart.</summary>
/// <param name="Title">What it measures, with its unit.</param>
internal sealed record Axis(string Title)
{
    private const double FarApart = 20;
    private const int Margin = 10;

    /// <summary>Whether equal ratios are equal distances.</summary>
    internal bool IsLogarithmic { get; init; }

    /// <summary>Whether only whole numbers have a meaning.</summary>
    internal bool IsWhole { get; init; }

    /// <summary>Whether the numbers are shares, from 0 to 1.</summary>
    internal bool IsShare { get; init; }

    /// <summary>Whether it begins at zero, unless it is logarithmic.</summary>
    internal bool IsFromZero { get; init; }

    /// <summary>The ends; null: those of the numbers.</summary>
    internal (double Low, double High)? Ends { get; init; }

    /// <summary>
    /// The same, logarithmic where the numbers lie so far apart that the small ones would be one line.
    /// </summary>
    internal Axis FittedTo(IEnumerable<double> values)
    {
        double[] all = [.. values];
        return all.Length > 0 && all.Min() > 0 && all.Max() > FarApart * all.Min()
            ? this with
            {
                IsLogarithmic = true,
            }
            : this;
    }

    /// <summary>The scale of its numbers.</summary>
    /// <param name="name">x or y.</param>
    /// <param name="range">From where to where on the screen.</param>
    /// <param name="others">Numbers, beside those of the data, that it must hold.</param>
    internal JsonObject Scale(string name, string range, IEnumerable<double> others)
    {
        var scale = new JsonObject
        {
            ["name"] = name,
            ["range"] = range,
            ["type"] = IsLogarithmic ? "log" : "linear",
            ["domain"] = Domain(others),
        };
        if (IsLogarithmic)
            scale["padding"] = Margin;
        else
        {
            scale["zero"] = IsFromZero;
            scale["nice"] = Ends is null;
        }
        return scale;
    }

    /// <summary>Its ticks and its title.</summary>
    /// <param name="name">x or y.</param>
    internal JsonObject Ticks(string name)
    {
        var ticks = new JsonObject
        {
            ["scale"] = name,
            ["orient"] = name == "x" ? "bottom" : "left",
            ["title"] = Title,
            ["tickCount"] = 6,
            ["labelFlush"] = name == "x",
            ["grid"] = name == "y",
        };
        if (IsWhole)
        {
            ticks["tickMinStep"] = 1;
            ticks["format"] = "d";
        }
        else if (IsShare)
            ticks["format"] = ".1~%";
        else if (IsLogarithmic)
            ticks["format"] = "~g";
        return ticks;
    }

    /// <summary>A point's number beside the pointer.</summary>
    internal (string Title, string Expression) Tip() =>
        (Title, $"format(datum.{Field}, '{(IsWhole ? "d" : ".4~g")}')");

    /// <summary>What the numbers are called in the data: no name that means something to Vega.</summary>
    internal string Field =>
        string.Concat(Title.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_'));

    private JsonNode Domain(IEnumerable<double> others)
    {
        if (Ends is { } ends)
            return new JsonArray(ends.Low, ends.High);
        var fields = new JsonArray(new JsonObject { ["data"] = VegaSpec.Data, ["field"] = Field });
        foreach (var other in others)
            fields.Add((JsonNode)new JsonArray(other));
        return new JsonObject { ["fields"] = fields };
    }
}
