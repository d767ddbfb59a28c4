using Foof.Cli.Reports;
using Foof.Cli.Reports.Charts;

namespace Foof.Cli.Reproduce;

/// <summary>Figure 4: FOOF against K-FAC. (Benzing 2022, section 4)</summary>
internal static class FoofFigures
{
    private const string Source = "Benzing 2022, section 4";

    /// <summary>The figures.</summary>
    internal static IEnumerable<PaperFigure> All =>
        [
            new("4A", "Training loss against seconds, for several T and S", $"{Source}, fig. 4A", Seconds),
            new("4B", "FOOF, K-FAC, Adam and SGD by epoch", $"{Source}, fig. 4B and 4C, App. D.9", Epochs),
            new("4D", "Progress per update at matched norm", $"{Source}, fig. 4C, App. J", Progress),
        ];

    private static Findings Seconds(Laboratory laboratory)
    {
        var protocol = laboratory.Protocol;
        var load = NaturalGradientFigures.MiniBatches(protocol);
        var tuned = laboratory.Run(load, Arms.FoofOf(protocol), Arms.KfacOf(protocol), Arms.Adam, Arms.Sgd);
        Arm Again(ArmResult of, int T, int S) =>
            Arms.Every(
                of.Arm with
                {
                    Label = $"{of.Arm.Label}, T = {T}",
                    LearningRate = of.Grid.Best.LearningRate,
                    Damping = of.Grid.Best.Damping,
                    IsTuned = true,
                },
                T,
                S
            );
        var often = Math.Max(1, protocol.InvertEvery / 10);
        var others = laboratory.Run(
            load,
            Again(tuned[0], 1, 1),
            Again(tuned[0], often, often),
            Again(tuned[1], often, often)
        );
        ArmResult[] arms = [.. tuned, .. others];
        var (foof, kfac, everyStep) = (tuned[0], tuned[1], others[0]);
        return new(
            [
                Claim.Lower(
                    "Inverting rarely costs FOOF no performance",
                    $"T = {protocol.InvertEvery} is as good as T = 1 with the same settings",
                    foof,
                    everyStep,
                    0.9,
                    0.5
                ),
                Claim.OfNumber(
                    "FOOF needs less time for an update than K-FAC, both amortised",
                    "1.5 times faster",
                    $"{Say.Number(kfac.Seconds / foof.Seconds)} times faster ({Say.Time(foof.Seconds)} and {Say.Time(kfac.Seconds)})",
                    kfac.Seconds / foof.Seconds,
                    1.3,
                    1.05
                ),
            ],
            ArmCharts.Of(arms, againstSeconds: true),
            FigureResult.Arms(arms),
            "Times are those of the machine on which each run was made."
        );
    }

    private static Findings Epochs(Laboratory laboratory)
    {
        var protocol = laboratory.Protocol;
        var arms = laboratory.Run(
            NaturalGradientFigures.MiniBatches(protocol),
            Arms.FoofOf(protocol),
            Arms.KfacOf(protocol),
            Arms.Adam,
            Arms.Sgd,
            Arms.Amortised(new("FOOF with K-FAC's damping and norm", "foof-kfac", 0.003, 0.001), protocol)
        );
        return NaturalGradientFigures.Of(
            arms,
            Claim.Lower("FOOF outperforms K-FAC", "FOOF is lower", arms[0], arms[1], 1.1, 0.9),
            Claim.Lower("FOOF outperforms Adam", "FOOF is lower", arms[0], arms[2], 1.5, 1.1),
            Claim.Lower("FOOF outperforms SGD", "FOOF is lower", arms[0], arms[3], 1.5, 1.1),
            Claim.Lower(
                "Without its second factor, at its own damping and norm, K-FAC is as good",
                "equal or better",
                arms[4],
                arms[1],
                0.95,
                0.7
            )
        );
    }

    private static Findings Progress(Laboratory laboratory)
    {
        var numbers = laboratory.Measured("progress", () => new UpdateProgress(laboratory).Measure());
        var steps = numbers["steps"]!.AsArray();
        Series Line(string name) => new(name, [.. steps.Select(step => ((double)step!["step"]!, (double)step[name]!))]);
        var share =
            steps.Count(step => (double)step![UpdateProgress.Foof]! >= (double)step[UpdateProgress.Kfac]!)
            / (double)steps.Count;
        double Mean(string name) => steps.Average(step => (double)step![name]!);
        return new(
            [
                Claim.OfNumber(
                    "Along K-FAC's own path, FOOF's update makes equal or more progress at the same norm, on an autoencoder",
                    "equal or more",
                    $"relative decrease of the batch's loss: FOOF {Say.Number(Mean(UpdateProgress.Foof))}, K-FAC "
                        + $"{Say.Number(Mean(UpdateProgress.Kfac))}; FOOF's is the larger in {Say.Percent(share)} of the steps",
                    Mean(UpdateProgress.Foof) / Mean(UpdateProgress.Kfac),
                    1,
                    0.8
                ),
            ],
            [
                new LineChart(
                    "Relative decrease of a mini-batch's loss by one update",
                    new("step") { IsWhole = true },
                    new("relative decrease"),
                    "update",
                    [Line(UpdateProgress.Foof), Line(UpdateProgress.Kfac)]
                )
                {
                    IsWide = true,
                }.ToFigure(),
            ],
            numbers,
            "FOOF has the damping of K-FAC's input side, and in each layer the norm of K-FAC's update; training follows K-FAC."
        );
    }
}
