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

    /// <summary>As an encoding of a field that has the axis's title as its name.</summary>
    internal JsonObject Encoding() =>
        new()
        {
            ["field"] = Field,
            ["type"] = "quantitative",
            ["title"] = Title,
            ["scale"] = Scale(),
            ["axis"] = Ticks(),
        };

    /// <summary>As a line of what is shown beside the pointer.</summary>
    internal JsonObject Tooltip() =>
        new()
        {
            ["field"] = Field,
            ["type"] = "quantitative",
            ["title"] = Title,
            ["format"] = IsWhole ? "d" : ".4~g",
        };

    /// <summary>What the numbers are called in the data: no name that means something to Vega.</summary>
    internal string Field =>
        string.Concat(Title.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_'));

    private JsonObject Scale()
    {
        var scale = new JsonObject();
        if (IsLogarithmic)
        {
            scale["type"] = "log";
            scale["nice"] = false;
            scale["padding"] = Margin;
        }
        else
            scale["zero"] = IsFromZero;
        if (Ends is { } ends)
            scale["domain"] = new JsonArray(ends.Low, ends.High);
        return scale;
    }

    private JsonObject Ticks()
    {
        var ticks = new JsonObject { ["tickCount"] = 6 };
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
}
