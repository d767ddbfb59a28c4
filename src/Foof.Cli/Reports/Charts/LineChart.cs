using System.Text.Json.Nodes;

namespace Foof.Cli.Reports.Charts;

/// <summary>Lines through points: the first one in the colour that stands out.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="X">The horizontal axis.</param>
/// <param name="Y">The vertical axis.</param>
/// <param name="Kind">What the lines are: optimiser, data.</param>
/// <param name="Series">The lines.</param>
internal sealed record LineChart(string Title, Axis X, Axis Y, string Kind, IReadOnlyList<Series> Series)
{
    private const int FewPoints = 40;
    private const int Height = 250;
    private const string Line = "line";

    /// <summary>Whether it takes the whole width of the page.</summary>
    internal bool IsWide { get; init; }

    /// <summary>A muted line from corner to corner, with the points where both axes say the same.</summary>
    internal bool HasDiagonal { get; init; }

    /// <summary>Where a muted vertical line stands; null: nowhere.</summary>
    internal double? Mark { get; init; }

    /// <summary>What was found, for the description; null: where each line begins and ends.</summary>
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

    private JsonObject Spec()
    {
        var layers = new JsonArray(Lines());
        if (HasDiagonal)
            layers.Insert(0, Diagonal());
        if (Mark is { } place)
            layers.Insert(0, Vertical(place));
        return new()
        {
            ["width"] = "container",
            ["height"] = Height,
            ["layer"] = layers,
        };
    }

    private JsonObject Lines() =>
        new()
        {
            ["data"] = new JsonObject { ["values"] = Values() },
            ["mark"] = new JsonObject
            {
                ["type"] = Line,
                ["strokeWidth"] = 2,
                ["point"] = Series.All(series => series.Points.Count <= FewPoints)
                    ? new JsonObject { ["filled"] = true, ["size"] = 36 }
                    : false,
            },
            ["encoding"] = Encoding(),
        };

    private JsonObject Encoding()
    {
        var encoding = new JsonObject { ["x"] = X.Encoding(), ["y"] = Y.Encoding() };
        var tooltip = new JsonArray(X.Tooltip(), Y.Tooltip());
        if (Series.Count > 1)
        {
            encoding["color"] = ByName();
            encoding["strokeDash"] = ByName();
            encoding["strokeDash"]!["scale"]!["range"] = Dashes();
            tooltip.Insert(0, new JsonObject { ["field"] = Line, ["title"] = Kind });
        }
        encoding["tooltip"] = tooltip;
        return encoding;
    }

    private JsonObject ByName() =>
        new()
        {
            ["field"] = Line,
            ["type"] = "nominal",
            ["title"] = null,
            ["scale"] = new JsonObject
            {
                ["domain"] = new JsonArray([.. Series.Select(series => (JsonNode)series.Name)]),
            },
            ["legend"] = new JsonObject
            {
                ["columns"] = 4,
                ["symbolType"] = "stroke",
                ["symbolSize"] = 400,
            },
        };

    // Lines are told apart without their colours too.
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
        var ends = new[] { low, high }.Select(value => new JsonObject
        {
            [X.Field] = value,
            [Y.Field] = value,
        });
        return new()
        {
            ["data"] = new JsonObject { ["values"] = new JsonArray([.. ends]) },
            ["mark"] = Muted(Line),
            ["encoding"] = new JsonObject { ["x"] = X.Encoding(), ["y"] = Y.Encoding() },
        };
    }

    private JsonObject Vertical(double place) =>
        new()
        {
            ["data"] = new JsonObject { ["values"] = new JsonArray(new JsonObject { [X.Field] = place }) },
            ["mark"] = Muted("rule"),
            ["encoding"] = new JsonObject { ["x"] = X.Encoding() },
        };

    private static JsonObject Muted(string type) =>
        new()
        {
            ["type"] = type,
            ["color"] = "var(--third)",
            ["strokeDash"] = new JsonArray(3, 3),
            ["strokeWidth"] = 1,
        };
}
