using System.Text.Json.Nodes;

namespace Foof.Cli.Reports.Charts;

/// <summary>Bars side by side, whose heights are shares of a whole.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="X">What is divided into bins, from 0 to 1.</param>
/// <param name="Y">What the shares are of.</param>
/// <param name="Bars">The bins by rising <paramref name="X"/>.</param>
internal sealed record Histogram(string Title, string X, string Y, IReadOnlyList<Bar> Bars)
{
    private const int Height = 160;
    private const string Low = "low";
    private const string High = "high";

    private readonly Axis across = new(X) { IsShare = true, Ends = (0, 1) };

    /// <summary>The largest share of several histograms that are compared.</summary>
    internal double Highest { get; init; } = Bars.Max(bar => bar.Share);

    /// <summary>The figure.</summary>
    internal Chart ToFigure() => new(Title, Description(), Spec(), Numbers());

    private string Description()
    {
        var highest = Bars.MaxBy(bar => bar.Share)!;
        return $"Histogram: {Y} against {X}, in {Bars.Count} bars. The highest, {Say.Percent(highest.Share)}, is from "
            + $"{Say.Percent(highest.Low)} to {Say.Percent(highest.High)}.";
    }

    private NumberTable Numbers() =>
        new(
            [$"{X} from", "to", Y],
            [
                .. Bars.Select(bar =>
                    (IReadOnlyList<string>)[Say.Percent(bar.Low), Say.Percent(bar.High), Say.Percent(bar.Share)]
                ),
            ]
        );

    private JsonObject Spec()
    {
        var up = new Axis(Y) { IsShare = true, Ends = (0, Highest > 0 ? Highest : 1) };
        return VegaSpec.Of(
            Height,
            [
                .. Bars.Select(bar => new JsonObject
                {
                    [Low] = bar.Low,
                    [High] = bar.High,
                    [up.Field] = bar.Share,
                }),
            ],
            [across.Scale("x", "width", []), up.Scale("y", "height", [])],
            [across.Ticks("x"), up.Ticks("y")],
            [],
            [Rectangles(up)]
        );
    }

    private JsonObject Rectangles(Axis up) =>
        VegaSpec.Mark(
            "rect",
            new()
            {
                ["x"] = VegaSpec.Scaled("x", Low),
                ["x2"] = VegaSpec.Scaled("x", High),
                ["y"] = VegaSpec.Scaled("y", up.Field),
                ["y2"] = new JsonObject { ["scale"] = "y", ["value"] = 0 },
                ["fill"] = VegaSpec.Fixed("var(--accent)"),
                ["stroke"] = VegaSpec.Fixed("var(--paper)"),
                ["tooltip"] = VegaSpec.Tip([
                    (X, $"format(datum.{Low}, '.1~%') + ' to ' + format(datum.{High}, '.1~%')"),
                    (Y, $"format(datum.{up.Field}, '.1~%')"),
                ]),
            }
        );
}

/// <summary>One bar of a histogram.</summary>
/// <param name="Low">Where it begins.</param>
/// <param name="High">Where it ends.</param>
/// <param name="Share">How high it is.</param>
internal sealed record Bar(double Low, double High, double Share);
