using System.Text.Json.Nodes;
using Foof.Cli.Reports;
using Foof.Cli.Reports.Charts;
using Foof.Cli.Training;

namespace Foof.Cli.Reproduce;

/// <summary>The second paper: K-FAC-expand and -reduce on networks that share weights. (Eschenhagen et al. 2023)</summary>
internal static class ModernFigures
{
    private const string Source = "Eschenhagen et al. 2023, section 4";
    private const string Expand = "K-FAC-expand";
    private const string Reduce = "K-FAC-reduce";

    /// <summary>The figures.</summary>
    internal static IEnumerable<PaperFigure> All =>
        [
            new(
                "expand-reduce",
                "The time of a step by K-FAC-expand and -reduce on a wide residual network",
                Source,
                Times
            ),
            new("vit", "A vision transformer to a fixed target", Source, laboratory => ToTarget(laboratory, "vit")),
            new("gnn", "A graph network to a fixed target", Source, laboratory => ToTarget(laboratory, "gnn")),
        ];

    private static Findings Times(Laboratory laboratory)
    {
        var cost = new SharingCost(laboratory);
        var steps = laboratory.Measured("step times", cost.Steps)["batches"]!.AsArray();
        var statistics = laboratory.Measured("statistics", cost.Statistics);
        var positions = statistics["positions"]!.AsArray();
        var exponent = (double)statistics["exponent"]!;
        Series Step(string name) =>
            new(name, [.. steps.Select(step => ((double)step!["batch"]!, (double)step[name]!))]);
        var last = steps[^1]!;
        var (expand, reduce) = ((double)last[Expand]!, (double)last[Reduce]!);
        return new(
            [
                Claim.OfNumber(
                    "A step by K-FAC-reduce is faster than one by K-FAC-expand, the more so the larger the batch",
                    "faster at every batch size",
                    $"batches of {last["batch"]}: {Say.Number(expand)} and {Say.Number(reduce)} ms, {Say.Number(expand / reduce)} "
                        + "times faster",
                    expand / reduce,
                    1.2,
                    1.02
                ),
                Claim.OfNumber(
                    "The statistics of K-FAC-reduce cost 1/R of those of K-FAC-expand for R positions",
                    "R times fewer products",
                    $"the ratio of their times falls as R to the power {Say.Number(exponent)}",
                    -exponent,
                    0.8,
                    0.4
                ),
            ],
            [
                new LineChart(
                    "Time of a step with statistics and inversion, by batch size",
                    new("images in a batch") { IsLogarithmic = true },
                    new("ms"),
                    "method",
                    [Step(Expand), Step(Reduce), Step("SGD")]
                ).ToFigure(),
                new LineChart(
                    "Time of K-FAC-reduce's statistics as a share of K-FAC-expand's, by positions",
                    new("positions R") { IsLogarithmic = true },
                    new("share") { IsLogarithmic = true },
                    "share",
                    [new("share", [.. positions.Select(one => ((double)one!["positions"]!, (double)one["share"]!))])]
                ).ToFigure(),
            ],
            new() { ["steps"] = steps.DeepClone(), ["statistics"] = statistics.DeepClone() },
            "Step times are of T = 1 on this machine's processor, on random images."
        );
    }

    private static Findings ToTarget(Laboratory laboratory, string model)
    {
        var protocol = laboratory.Protocol;
        var load = new Workload(model, protocol.ImagesToTarget, 100, protocol.EpochsToTarget);
        Arm Kfac(string label, string optimizer) =>
            Arms.Amortised(new(label, optimizer, 0.003, 0.01), protocol) is var arm
                ? arm with
                {
                    Set = settings => arm.Set(settings) with { Momentum = 0.9 },
                }
                : arm;
        var arms = laboratory.Run(
            load,
            new("Nesterov SGD", "nesterov", 0.03),
            new("AdamW", "adamw", 0.001),
            Kfac(Expand, "kfac-expand"),
            Kfac(Reduce, "kfac-reduce")
        );
        // The target is what the best first-order method ends with.
        var target = arms.Take(2).Min(arm => Final(arm) ?? double.PositiveInfinity);
        var reference = arms.Take(2).MinBy(arm => Reached(arm, target)?.Epochs ?? double.PositiveInfinity)!;
        var claims = arms.Skip(2).SelectMany(arm => Claims(arm, reference, target));
        return new(
            [.. claims],
            ArmCharts.Of(arms, againstSeconds: true),
            new()
            {
                ["target_test_loss"] = target,
                ["arms"] = FigureResult.Arms(arms)["arms"]!.DeepClone(),
                ["reached"] = new JsonObject(
                    arms.Select(arm =>
                        KeyValuePair.Create(
                            arm.Arm.Label,
                            (JsonNode?)(
                                Reached(arm, target) is { } at
                                    ? new JsonObject { ["epochs"] = at.Epochs, ["seconds"] = at.Seconds }
                                    : null
                            )
                        )
                    )
                ),
            },
            $"The target is the test loss, {Say.Number(target)}, that the better of Nesterov SGD and AdamW ends with; where a run "
                + "reaches it is interpolated between epochs."
        );
    }

    private static IEnumerable<Claim> Claims(ArmResult arm, ArmResult reference, double target)
    {
        var (own, other) = (Reached(arm, target), Reached(reference, target));
        var (steps, seconds) =
            own is { } one && other is { } two
                ? (one.Epochs / two.Epochs, one.Seconds / two.Seconds)
                : (double.NaN, double.NaN);
        var measured = own is null
            ? $"it did not reach the target in {Say.Many(arm.Runs[0].Options.Epochs, "epoch")}"
            : $"{Say.Percent(steps)} of the steps of {reference.Arm.Label}";
        yield return Claim.OfNumber(
            $"{arm.Arm.Label} reaches the target in fewer steps",
            "50 to 75 % of the steps",
            measured,
            double.IsNaN(steps) ? 0 : 1 / steps,
            1.33,
            1
        );
        yield return Claim.OfNumber(
            $"{arm.Arm.Label} reaches the target in less time",
            "a comparable improvement in seconds",
            own is null ? measured : $"{Say.Percent(seconds)} of the seconds of {reference.Arm.Label}",
            double.IsNaN(seconds) ? 0 : 1 / seconds,
            1.2,
            1
        );
    }

    private static double? Final(ArmResult arm) =>
        arm.Loss is null ? null : arm.Course(epoch => epoch.TestLoss)[^1].Value.Mean;

    // Where the mean test loss reaches the target, on straight lines between epochs.
    private static (double Epochs, double Seconds)? Reached(ArmResult arm, double target)
    {
        var course = arm.Course(epoch => epoch.TestLoss);
        for (var place = 1; place < course.Count; place++)
        {
            var (before, after) = (course[place - 1], course[place]);
            if (after.Value.Mean > target)
                continue;
            var share = (before.Value.Mean - target) / (before.Value.Mean - after.Value.Mean);
            return (
                before.Epoch + share * (after.Epoch - before.Epoch),
                before.Seconds + share * (after.Seconds - before.Seconds)
            );
        }
        return null;
    }
}
