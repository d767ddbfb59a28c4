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
        + (Finding ?? string.Join(" ", Series.Where(series => series.Points.Count > 0).Select(Course)));

    private string Course(Series series) =>
        series.Points is [var only]
            ? $"{series.Name}: {Say.Number(only.Y)} at {Say.Number(only.X)}."
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
        if (Series.All(series => series.Points.Count <= FewPoints))
            marks.Add(Points());
        return marks;
    }

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
        look["size"] = VegaSpec.Fixed(36);
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

    private static JsonObject Legend() =>
        new()
        {
            ["stroke"] = "color",
            ["strokeDash"] = "dash",
            ["direction"] = "horizontal",
            ["columns"] = 4,
            ["symbolType"] = "stroke",
            ["symbolSize"] = 400,
        };

    // The first line stands out; the others share muted colours.
    private static JsonArray Colours() =>
        VegaSpec.Names([
            "var(--accent)",
            .. Enumerable
                .Repeat<string[]>(["var(--second)", "var(--third)", "var(--fourth)"], 6)
                .SelectMany(muted => muted),
        ]);

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
        ];

    private JsonArray Values() =>
        [
            .. Series.SelectMany(series =>
                series.Points.Select(point => new JsonObject
                {
                    [Line] = series.Name,
                    [X.Field] = point.X,
                    [Y.Field] = point.Y,
                })
            ),
        ];

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

/// <summary>One line of a chart.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Points">Its points, from left to right.</param>
internal sealed record Series(string Name, IReadOnlyList<(double X, double Y)> Points);
