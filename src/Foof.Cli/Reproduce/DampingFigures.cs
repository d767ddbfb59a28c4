using System.Globalization;
using System.Text.Json.Nodes;
using Foof.Cli.Reports;
using Foof.Cli.Reports.Charts;

namespace Foof.Cli.Reproduce;

/// <summary>Figure 3: what K-FAC owes to its damping. (Benzing 2022, sections 3.2 and 4.2)</summary>
internal static class DampingFigures
{
    private const string Source = "Benzing 2022";
    private static readonly double[] Dampings = [1e-6, 1e-4, 1e-2, 1];
    private static readonly Axis DampingAxis = new("damping") { IsLogarithmic = true };

    /// <summary>The figures.</summary>
    internal static IEnumerable<PaperFigure> All =>
        [
            new("3A", "Standard against heuristic damping of K-FAC", $"{Source}, fig. 3A", Rules),
            new("3B", "How similar K-FAC's update is to FOOF's, by damping", $"{Source}, fig. 3B", Similarity),
            new("3C", "Loss by damping, with the learning rate tuned for each", $"{Source}, fig. 3C and 3D", ByDamping),
        ];

    private static Findings Rules(Laboratory laboratory)
    {
        var protocol = laboratory.Protocol;
        var arms = laboratory.Run(
            NaturalGradientFigures.MiniBatches(protocol),
            Arms.KfacOf(protocol) with
            {
                Label = "heuristic damping",
            },
            Arms.Amortised(new("standard damping", "kfac-standard", 0.003, 0.01), protocol),
            Arms.Sgd
        );
        return NaturalGradientFigures.Of(
            arms,
            Claim.Lower(
                "K-FAC owes essentially all of its performance to heuristic damping",
                "with standard damping it is no better than SGD or Adam",
                arms[0],
                arms[1],
                2,
                1.1
            ),
            Claim.Lower(
                "With standard damping K-FAC performs like a first-order method",
                "about as SGD",
                arms[2],
                arms[1],
                0.9,
                0.5
            )
        );
    }

    private static Findings Similarity(Laboratory laboratory)
    {
        var numbers = laboratory.Measured("similarity", () => new UpdateSimilarity(laboratory, Dampings).Measure());
        double At(string rule, double damping) => (double)numbers[rule]![Text(damping)]!;
        var (low, high) = (Dampings[1], Dampings[^1]);
        Series Line(string rule) => new(rule, [.. Dampings.Select(damping => (damping, At(rule, damping)))]);
        return new(
            [
                Claim.OfNumber(
                    "Heuristic damping makes K-FAC's update far more similar to FOOF's than standard damping",
                    "drastically",
                    $"cosines at damping {Text(low)}: heuristic {Say.Number(At(UpdateSimilarity.Heuristic, low))}, "
                        + $"standard {Say.Number(At(UpdateSimilarity.Standard, low))}",
                    At(UpdateSimilarity.Heuristic, low) - At(UpdateSimilarity.Standard, low),
                    0.2,
                    0.05
                ),
                Claim.OfNumber(
                    "Stronger heuristic damping makes it more similar still",
                    "the stronger, the more similar",
                    $"heuristic {Say.Number(At(UpdateSimilarity.Heuristic, Dampings[0]))} at {Text(Dampings[0])}, "
                        + $"{Say.Number(At(UpdateSimilarity.Heuristic, high))} at {Text(high)}",
                    At(UpdateSimilarity.Heuristic, high) - At(UpdateSimilarity.Heuristic, Dampings[0]),
                    0.1,
                    0.02
                ),
            ],
            [
                new LineChart(
                    "Cosine between K-FAC's and FOOF's update, mean over layers and the training",
                    DampingAxis,
                    new("cosine") { Ends = (0, 1) },
                    "damping rule",
                    [Line(UpdateSimilarity.Heuristic), Line(UpdateSimilarity.Standard)]
                )
                {
                    IsWide = true,
                }.ToFigure(),
            ],
            numbers,
            "FOOF has the damping of K-FAC's input side, as in appendix D.9; both updates are made of one gradient, along a "
                + "training by K-FAC."
        );
    }

    private static Findings ByDamping(Laboratory laboratory)
    {
        var protocol = laboratory.Protocol;
        Arm Fixed(Arm arm, double damping, double rate) =>
            arm with
            {
                Label = $"{arm.Label}, damping {Text(damping)}",
                Damping = damping,
                LearningRate = rate,
                KeepsDamping = true,
            };
        // K-FAC's second factor makes its steps longer the smaller the damping is; FOOF's stay of one length.
        var kfac = laboratory.Run(
            NaturalGradientFigures.MiniBatches(protocol),
            [.. Dampings.Select(damping => Fixed(Arms.KfacOf(protocol), damping, Math.Min(0.1, 10 * damping)))]
        );
        var foof = laboratory.Run(
            NaturalGradientFigures.MiniBatches(protocol),
            [.. Dampings.Select(damping => Fixed(Arms.FoofOf(protocol), damping, Math.Max(0.03, 0.3 * damping)))]
        );
        Series Line(string name, IReadOnlyList<ArmResult> arms) =>
            new(
                name,
                [
                    .. Dampings
                        .Zip(arms)
                        .Where(one => one.Second.Loss is not null)
                        .Select(one => (one.First, one.Second.Loss!.Mean)),
                ]
            );
        ArmResult Best(IReadOnlyList<ArmResult> arms) => arms.MinBy(arm => arm.Loss?.Mean ?? double.MaxValue)!;
        double DampingOf(IReadOnlyList<ArmResult> arms) => Dampings[arms.ToList().IndexOf(Best(arms))];
        ArmResult[] all = [.. kfac, .. foof];
        return new(
            [
                Claim.Lower(
                    "K-FAC needs strong damping to perform well",
                    "far worse with little damping",
                    Best(kfac),
                    kfac[0],
                    2,
                    1.1
                ),
                Claim.OfNumber(
                    "FOOF performs well with less damping than K-FAC needs",
                    "less damping",
                    $"best at damping {Text(DampingOf(foof))} (FOOF) and {Text(DampingOf(kfac))} (K-FAC); at {Text(Dampings[1])} "
                        + $"{Claim.Shown(foof[1])} and {Claim.Shown(kfac[1])}",
                    (kfac[1].Loss?.Mean ?? double.PositiveInfinity) / (foof[1].Loss?.Mean ?? double.PositiveInfinity),
                    1.1,
                    0.9
                ),
            ],
            [
                new LineChart(
                    "Final training loss by damping, each with its best learning rate",
                    DampingAxis,
                    new Axis("training loss").FittedTo(all.Select(arm => arm.Loss?.Mean).OfType<double>()),
                    "method",
                    [Line(Arms.Kfac, kfac), Line(Arms.Foof, foof)]
                )
                {
                    IsWide = true,
                }.ToFigure(),
                .. ArmCharts.Of(all),
            ],
            FigureResult.Arms(all)
        );
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
