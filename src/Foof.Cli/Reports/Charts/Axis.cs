using System.Text.Json.Nodes;

namespace Foof.Cli.Reports.Charts;

/// <summary>An axis of a chart.</summary>
/// <param name="Title">What it measures, with its unit.</param>
internal sealed record Axis(string Title)
{
    private const double FarApart = 20;
    private const int Margin = 10;

    /// <summary>Whether the scale is logarithmic.</summary>
    internal bool IsLogarithmic { get; init; }

    /// <summary>Whether only whole numbers have a meaning.</summary>
    internal bool IsWhole { get; init; }

    /// <summary>Whether the numbers are shares, from 0 to 1.</summary>
    internal bool IsShare { get; init; }

    /// <summary>Whether it begins at zero, unless it is logarithmic.</summary>
    internal bool IsFromZero { get; init; }

    /// <summary>The ends of the scale; null if the numbers decide them.</summary>
    internal (double Low, double High)? Ends { get; init; }

    /// <summary>
    /// The axis for some numbers, which is logarithmic if they differ so much that small ones would look equal.
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

    /// <summary>The scale.</summary>
    /// <param name="name">x or y.</param>
    /// <param name="range">The range on the screen.</param>
    /// <param name="others">Further numbers that it must contain.</param>
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

    /// <summary>The ticks and the title.</summary>
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

    /// <summary>The part of a tooltip with a point's number.</summary>
    internal (string Title, string Expression) Tip() => (Title, $"format(datum.{Field}, '.3~g')");

    /// <summary>The name of the numbers in the data, without characters that have a meaning for Vega.</summary>
    internal string Field => string.Concat(Title.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_'));

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
