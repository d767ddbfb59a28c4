using System.Text.Json.Nodes;

namespace Foof.Cli.Reports.Charts;

/// <summary>A chart of lines, of which the first one stands out.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="X">The horizontal axis.</param>
/// <param name="Y">The vertical axis.</param>
/// <param name="Kind">What a line stands for, such as "optimiser".</param>
/// <param name="Series">The lines.</param>
internal sealed record LineChart(string Title, Axis X, Axis Y, string Kind, IReadOnlyList<Series> Series)
{
    private const int FewPoints = 40;
    private const int Height = 250;
    private const string Line = "line";
    private const string Size = "size";
    private const int Hues = 8;
    private const int LegendSymbol = 42;
    private const int LegendLetter = 7;
    private const double UsualPoint = 36;
    private const double SmallPoint = 8;
    private const double LargePoint = 400;

    /// <summary>Whether it takes the whole width of the page.</summary>
    internal bool IsWide { get; init; }

    /// <summary>Whether a muted diagonal shows where both axes are equal.</summary>
    internal bool HasDiagonal { get; init; }

    /// <summary>The position of a muted vertical line; null if the chart has no such line.</summary>
    internal double? Mark { get; init; }

    /// <summary>The finding in the description; null means the ends of each line.</summary>
    internal string? Finding { get; init; }

    /// <summary>The figure.</summary>
    internal Chart ToFigure() => new(Title, Description(), Spec(), Numbers(), IsWide);

    private string Description() =>
        $"Line chart of {Y.Title} against {X.Title}"
        + (Series.Count > 1 ? $" for {Say.List([.. Series.Select(series => series.Name)])}. " : ". ")
        + (Finding ?? string.Join(" ", Series.Select(Course)));

    private string Course(Series series) =>
        series.Points.Count == 0 ? $"{series.Name}: no finite number."
        : series.Points is [var only] ? $"{series.Name}: {Say.Number(only.Y)} at {Say.Number(only.X)}."
        : $"{series.Name}: from {Say.Number(series.Points[0].Y)} at {Say.Number(series.Points[0].X)} "
            + $"to {Say.Number(series.Points[^1].Y)} at {Say.Number(series.Points[^1].X)}.";

    private NumberTable Numbers() =>
        new(
            Series.Count > 1 ? [Kind, X.Title, Y.Title] : [X.Title, Y.Title],
            [
                .. Series.SelectMany(series =>
                    series.Points.Select(point =>
                        (IReadOnlyList<string>)(
                            Series.Count > 1
                                ? [series.Name, Say.Number(point.X), Say.Number(point.Y)]
                                : [Say.Number(point.X), Say.Number(point.Y)]
                        )
                    )
                ),
            ]
        );

    private JsonObject Spec() =>
        VegaSpec.Of(
            Height,
            Values(),
            [
                X.Scale("x", "width", Mark is { } place ? [place] : []),
                Y.Scale("y", "height", []),
                ByName("color", Colours()),
                ByName("dash", Dashes()),
            ],
            [X.Ticks("x"), Y.Ticks("y")],
            Series.Count > 1 ? [Legend()] : [],
            Marks()
        );

    private JsonArray Marks()
    {
        var marks = new JsonArray();
        if (HasDiagonal)
            marks.Add(Diagonal());
        if (Mark is { } place)
            marks.Add(Vertical(place));
        marks.Add(Lines());
        if (Series.Any(HasPoints))
            marks.Add(Points());
        return marks;
    }

    private static bool HasPoints(Series series) => series.Points.Count <= FewPoints;

    private JsonObject Lines()
    {
        const string one = "one";
        var look = Places();
        look["stroke"] = VegaSpec.Scaled("color", Line);
        look["strokeDash"] = VegaSpec.Scaled("dash", Line);
        look["strokeWidth"] = VegaSpec.Fixed(2);
        // The tooltip of a line has its name and no numbers.
        if (Series.Count > 1)
            look["tooltip"] = VegaSpec.Tip([Name]);
        return new()
        {
            ["type"] = "group",
            ["from"] = new JsonObject
            {
                ["facet"] = new JsonObject
                {
                    ["name"] = one,
                    ["data"] = VegaSpec.Data,
                    ["groupby"] = Line,
                },
            },
            ["marks"] = new JsonArray(VegaSpec.Mark(Line, look, one)),
        };
    }

    private JsonObject Points()
    {
        var look = Places();
        look["fill"] = VegaSpec.Scaled("color", Line);
        look["size"] = new JsonObject { ["field"] = Size };
        look["fillOpacity"] = VegaSpec.Fixed(Series.Any(series => series.Weights is not null) ? 0.6 : 1);
        look["tooltip"] = VegaSpec.Tip(Series.Count > 1 ? [Name, X.Tip(), Y.Tip()] : [X.Tip(), Y.Tip()]);
        return VegaSpec.Mark("symbol", look);
    }

    private (string, string) Name => (Kind, $"datum.{Line}");

    private JsonObject Places() =>
        new() { ["x"] = VegaSpec.Scaled("x", X.Field), ["y"] = VegaSpec.Scaled("y", Y.Field) };

    private JsonObject ByName(string scale, JsonArray range) =>
        new()
        {
            ["name"] = scale,
            ["type"] = "ordinal",
            ["domain"] = VegaSpec.Names(Series.Select(series => series.Name)),
            ["range"] = range,
        };

    // As many columns as the page has room for beside each other.
    private JsonObject Legend() =>
        new()
        {
            ["stroke"] = "color",
            ["strokeDash"] = "dash",
            ["direction"] = "horizontal",
            ["columns"] = new JsonObject
            {
                ["signal"] =
                    $"max(1, floor(width / {LegendSymbol + LegendLetter * Series.Max(series => series.Name.Length)}))",
            },
            ["symbolType"] = "stroke",
            ["symbolSize"] = 400,
            // Names stand whole.
            ["labelLimit"] = 0,
        };

    // The first line stands out; the others have a hue each.
    private static JsonArray Colours() =>
        VegaSpec.Names(["var(--accent)", .. Enumerable.Range(2, Hues - 1).Select(hue => $"var(--hue-{hue})")]);

    // Readers can distinguish the lines without colours too.
    private static JsonArray Dashes() =>
        [
            new JsonArray(1, 0),
            new JsonArray(7, 3),
            new JsonArray(2, 3),
            new JsonArray(9, 3, 2, 3),
            new JsonArray(4, 2),
            new JsonArray(1, 4),
            new JsonArray(14, 3),
            new JsonArray(6, 2, 1, 2, 1, 2),
        ];

    private JsonArray Values() =>
        [
            .. Series.SelectMany(series =>
                series.Points.Select(
                    (point, place) =>
                        new JsonObject
                        {
                            [Line] = series.Name,
                            [X.Field] = point.X,
                            [Y.Field] = point.Y,
                            [Size] = Area(series, place),
                        }
                )
            ),
        ];

    // The area of a point, in square pixels.
    private static double Area(Series series, int place) =>
        series.Weights is { } weights ? Math.Round(SmallPoint + (LargePoint - SmallPoint) * weights[place])
        : HasPoints(series) ? UsualPoint
        : 0;

    private JsonObject Diagonal()
    {
        var (low, high) = X.Ends ?? (0, 1);
        return Muted(At("x", low), At("x", high), At("y", low), At("y", high));
    }

    private static JsonObject Vertical(double place) =>
        Muted(At("x", place), At("x", place), VegaSpec.Fixed(0), new() { ["signal"] = "height" });

    private static JsonObject At(string scale, double value) => new() { ["scale"] = scale, ["value"] = value };

    private static JsonObject Muted(JsonObject left, JsonObject right, JsonObject low, JsonObject high) =>
        VegaSpec.Mark(
            "rule",
            new()
            {
                ["x"] = left,
                ["x2"] = right,
                ["y"] = low,
                ["y2"] = high,
                ["stroke"] = VegaSpec.Fixed("var(--third)"),
                ["strokeDash"] = VegaSpec.Fixed(new JsonArray(3, 3)),
                ["strokeWidth"] = VegaSpec.Fixed(1),
            },
            data: null
        );
}

/// <summary>One line of a chart, without points that are not finite.</summary>
/// <param name="name">Its name in the legend.</param>
/// <param name="points">Its points, from left to right.</param>
internal sealed class Series(string name, IEnumerable<(double X, double Y)> points)
{
    /// <summary>Its name in the legend.</summary>
    internal string Name { get; } = name;

    /// <summary>Its points, from left to right.</summary>
    internal IReadOnlyList<(double X, double Y)> Points { get; } =
    [.. points.Where(point => double.IsFinite(point.X + point.Y))];

    /// <summary>The area of each point as a share of the largest; null: all have one area.</summary>
    internal IReadOnlyList<double>? Weights { get; init; }
}
