using System.Text.Json.Nodes;

namespace Foof.Cli.Reports.Charts;

/// <summary>Numbers in a grid of coloured cells: the better the number, the stronger the colour.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Columns">The title of the columns, and their names from left to right.</param>
/// <param name="Rows">The title of the rows, and their names from top to bottom.</param>
/// <param name="Value">The name of the numbers.</param>
/// <param name="Cells">The numbers by row, then column; null if a cell has none.</param>
internal sealed record HeatMap(
    string Title,
    (string Title, IReadOnlyList<string> Names) Columns,
    (string Title, IReadOnlyList<string> Names) Rows,
    string Value,
    IReadOnlyList<IReadOnlyList<double?>> Cells
)
{
    private const int RowHeight = 44;
    private const int Margin = 40;
    private const double FarApart = 4;

    /// <summary>Whether smaller numbers are better.</summary>
    internal bool IsLessBetter { get; init; }

    /// <summary>The worst and the best number of several maps; null if this map has its own scale.</summary>
    internal (double Low, double High)? Ends { get; init; }

    /// <summary>The text of a cell without a number.</summary>
    internal string Missing { get; init; } = "";

    /// <summary>The text of a single cell without a number, by row and column; null: that of all.</summary>
    internal Func<int, int, string?> MissingAt { get; init; } = (_, _) => null;

    /// <summary>Writes a number.</summary>
    internal Func<double?, string> Write { get; init; } = Say.Number;

    /// <summary>The figure.</summary>
    internal Chart ToFigure() => new(Title, Description(), Spec(), Numbers());

    private double[] Present => [.. Cells.SelectMany(row => row).OfType<double>()];

    private string Description()
    {
        var text =
            $"Heat map of {Value} with {Rows.Title} from top to bottom and {Columns.Title} from " + $"left to right.";
        if (Present.Length == 0)
            return text;
        var best = IsLessBetter ? Present.Min() : Present.Max();
        var places =
            from row in Enumerable.Range(0, Cells.Count)
            from column in Enumerable.Range(0, Cells[row].Count)
            where Cells[row][column] == best
            select $"{Rows.Title} {Rows.Names[row]}, {Columns.Title} {Columns.Names[column]}";
        return $"{text} The {(IsLessBetter ? "lowest" : "highest")} is {Write(best)} at {places.First()}.";
    }

    private NumberTable Numbers() =>
        new(
            [$"{Rows.Title} \\ {Columns.Title}", .. Columns.Names],
            [
                .. Cells.Select(
                    (row, place) =>
                        (IReadOnlyList<string>)
                            [Rows.Names[place], .. row.Select((cell, column) => Text(cell, place, column))]
                ),
            ]
        );

    private string Text(double? cell, int row, int column) =>
        cell is null ? MissingAt(row, column) ?? Missing : Write(cell);

    private JsonObject Spec() =>
        VegaSpec.Of(
            RowHeight * Rows.Names.Count + Margin,
            Values(),
            [Bands("x", "width", Columns.Names), Bands("y", "height", Rows.Names), Shades()],
            [Ticks("x", "bottom", Columns.Title), Ticks("y", "left", Rows.Title)],
            [],
            [Squares(), Labels()]
        );

    // Positions on the screen grow from top to bottom and from left to right.
    private static JsonObject Bands(string name, string size, IReadOnlyList<string> names) =>
        new()
        {
            ["name"] = name,
            ["type"] = "band",
            ["domain"] = VegaSpec.Names(names),
            ["range"] = new JsonArray(0, new JsonObject { ["signal"] = size }),
        };

    private static JsonObject Shades() =>
        new()
        {
            ["name"] = "shade",
            ["type"] = "linear",
            ["domain"] = new JsonArray(0, 1),
            ["interpolate"] = "rgb",
            ["range"] = new JsonArray("var(--wash)", "var(--accent)"),
        };

    private static JsonObject Ticks(string scale, string orient, string title) =>
        new()
        {
            ["scale"] = scale,
            ["orient"] = orient,
            ["title"] = title,
            ["domain"] = false,
            ["ticks"] = false,
        };

    private JsonObject Squares() =>
        VegaSpec.Mark(
            "rect",
            new()
            {
                ["x"] = VegaSpec.Scaled("x", "column"),
                ["y"] = VegaSpec.Scaled("y", "row"),
                ["width"] = new JsonObject { ["scale"] = "x", ["band"] = 1 },
                ["height"] = new JsonObject { ["scale"] = "y", ["band"] = 1 },
                ["fill"] = VegaSpec.Scaled("shade", "shade"),
                ["stroke"] = VegaSpec.Fixed("var(--paper)"),
                ["strokeWidth"] = VegaSpec.Fixed(2),
                ["tooltip"] = VegaSpec.Tip([
                    (Rows.Title, "datum.row"),
                    (Columns.Title, "datum.column"),
                    (Value, "datum.text"),
                ]),
            }
        );

    private static JsonObject Labels()
    {
        var onAccent = VegaSpec.Fixed("var(--on-accent)");
        onAccent["test"] = "datum.shade > var(--turn)";
        var label = VegaSpec.Mark(
            "text",
            new()
            {
                ["x"] = Middle("x", "column"),
                ["y"] = Middle("y", "row"),
                ["text"] = new JsonObject { ["field"] = "text" },
                ["fontSize"] = VegaSpec.Fixed(12),
                ["align"] = VegaSpec.Fixed("center"),
                ["baseline"] = VegaSpec.Fixed("middle"),
                ["fill"] = new JsonArray(onAccent, VegaSpec.Fixed("var(--ink)")),
            }
        );
        label["style"] = "text";
        // The tooltip belongs to the square behind the text.
        label["interactive"] = false;
        return label;
    }

    private static JsonObject Middle(string scale, string field)
    {
        var place = VegaSpec.Scaled(scale, field);
        place["band"] = 0.5;
        return place;
    }

    private JsonArray Values()
    {
        var shade = Shade();
        return
        [
            .. Cells.SelectMany(
                (row, place) =>
                    row.Select(
                        (cell, column) =>
                            new JsonObject
                            {
                                ["row"] = Rows.Names[place],
                                ["column"] = Columns.Names[column],
                                ["text"] = Text(cell, place, column),
                                ["shade"] = cell is { } value ? shade(value) : 0,
                            }
                    )
            ),
        ];
    }

    // A number between 0, the worst, and 1. The scale is logarithmic if the numbers differ much.
    private Func<double, double> Shade()
    {
        if (Present.Length == 0)
            return _ => 0;
        var (low, high) = Ends ?? (Present.Min(), Present.Max());
        Func<double, double> place = low > 0 && high > FarApart * low ? Math.Log : value => value;
        var width = place(high) - place(low);
        return value =>
        {
            var share = width > 0 ? (place(value) - place(low)) / width : 1;
            return IsLessBetter && width > 0 ? 1 - share : share;
        };
    }
}
