namespace Foof.Cli.Reproduce;

/// <summary>Figures 1 and 2: natural gradients against K-FAC. (Benzing 2022, section 3)</summary>
internal static class NaturalGradientFigures
{
    private const string Source = "Benzing 2022, section 3.2";
    private const double FiveTimes = 5;

    // By less than a tenth, two losses are alike.
    private const double Alike = 1.1;

    /// <summary>The figures.</summary>
    internal static IEnumerable<PaperFigure> All =>
        [
            new("1A", "Natural gradient against K-FAC, SGD and Adam, in mini-batches", $"{Source}, fig. 1A", MiniBatch),
            new("1B", "K-FAC by the data that the natural gradient sees", $"{Source}, fig. 1B", Restricted),
            new("1C", "Natural gradient by a Fisher of more images", $"{Source}, fig. 1C", LargerFishers),
            new("1D", "Full batches, with sampled and full Fisher", $"{Source}, fig. 1D", FullBatch),
            new("2A", "One layer: logistic regression", $"{Source}, fig. 2A", OneLayer),
            new("2B", "Block-diagonal natural gradient, in mini-batches", $"{Source}, fig. 2B", Blocks),
            new("2C", "Block-diagonal natural gradient, in full batches", $"{Source}, fig. 2C", BlocksOfFullBatch),
        ];

    /// <summary>The mini-batches of the paper's network.</summary>
    internal static Workload MiniBatches(Protocol protocol) => new("mlp", protocol.Images, 100, protocol.Epochs);

    private static Workload FullBatches(Protocol protocol, string model) =>
        new(model, protocol.FullBatch, protocol.FullBatch, protocol.FullBatchSteps);

    private static Findings MiniBatch(Laboratory laboratory)
    {
        var arms = laboratory.Run(
            MiniBatches(laboratory.Protocol),
            Arms.Natural,
            Arms.KfacOf(laboratory.Protocol),
            Arms.Sgd,
            Arms.Adam
        );
        var (natural, kfac, sgd) = (arms[0], arms[1], arms[2]);
        return Of(
            arms,
            Claim.Lower(
                "K-FAC reaches a far lower training loss than the subsampled natural gradient",
                "10 to 20 times lower",
                kfac,
                natural,
                FiveTimes,
                Alike
            ),
            Claim.OfNumber(
                "The subsampled natural gradient is not notably better than SGD with momentum",
                "about alike",
                $"{natural.Arm.Label} {Claim.Shown(natural)}, {sgd.Arm.Label} {Claim.Shown(sgd)}",
                Ratio(natural, sgd),
                1 / Alike,
                0.5
            )
        );
    }

    private static Findings Restricted(Laboratory laboratory)
    {
        var arms = laboratory.Run(
            MiniBatches(laboratory.Protocol),
            Arms.Natural,
            Arms.OnOneBatch(Arms.KfacOf(laboratory.Protocol), "K-FAC by one mini-batch"),
            Arms.KfacOf(laboratory.Protocol)
        );
        return Of(
            arms,
            Claim.Lower(
                "K-FAC by one mini-batch still outperforms the natural gradient",
                "by far",
                arms[1],
                arms[0],
                2,
                Alike
            )
        );
    }

    private static Findings LargerFishers(Laboratory laboratory)
    {
        var arms = laboratory.Run(
            MiniBatches(laboratory.Protocol),
            [
                Arms.OnOneBatch(Arms.KfacOf(laboratory.Protocol), "K-FAC by one mini-batch"),
                Arms.Natural,
                .. laboratory.Protocol.FisherImages.Select(Arms.NaturalOf),
            ]
        );
        return Of(
            arms,
            Claim.Lower(
                "K-FAC by one mini-batch outperforms natural gradients by Fishers of more images",
                "by far",
                arms[0],
                arms.Skip(1).MinBy(arm => arm.Loss?.Mean ?? double.MaxValue)!,
                2,
                Alike
            )
        ) with
        {
            Notes =
                "The larger Fishers are renewed every ten steps, so that a run sees about as many images for them as for "
                + "its gradients.",
        };
    }

    private static Findings FullBatch(Laboratory laboratory)
    {
        var arms = laboratory.Run(
            FullBatches(laboratory.Protocol, "mlp"),
            [
                .. Arms.NaturalOfFullBatch(isByBlocks: false),
                Arms.OnOwnBatch(new(Arms.Kfac, "kfac", 0.01, 0.01)),
                Arms.Sgd,
            ]
        );
        return OfFullBatches(
            arms,
            Claim.Lower(
                "K-FAC outperforms the exact natural gradient with the full Fisher",
                "K-FAC is lower",
                arms[2],
                arms[1],
                2,
                Alike
            ),
            Claim.Lower(
                "Natural gradients with the full Fisher outperform SGD",
                "the natural gradient is lower",
                arms[1],
                arms[3],
                2,
                Alike
            )
        );
    }

    private static Findings OneLayer(Laboratory laboratory)
    {
        var arms = laboratory.Run(
            FullBatches(laboratory.Protocol, "linear"),
            [
                .. Arms.NaturalOfFullBatch(isByBlocks: false).Select(arm => arm with { LearningRate = 0.3 }),
                Arms.OnOwnBatch(new(Arms.Kfac, "kfac", 30, 0.1)),
                Arms.Sgd,
            ]
        );
        return OfFullBatches(
            arms,
            Claim.Lower(
                "K-FAC outperforms the natural gradient where block-diagonal and full Fisher are one",
                "K-FAC is lower",
                arms[2],
                arms[1],
                2,
                Alike
            )
        );
    }

    private static Findings Blocks(Laboratory laboratory)
    {
        var arms = laboratory.Run(
            MiniBatches(laboratory.Protocol),
            new("block-diagonal natural gradient", "natural-blocks", 0.3, 1),
            Arms.OnOneBatch(Arms.KfacOf(laboratory.Protocol), "K-FAC by one mini-batch"),
            Arms.Natural
        );
        return Of(
            arms,
            Claim.Lower(
                "K-FAC by one mini-batch outperforms the block-diagonal natural gradient",
                "by far",
                arms[1],
                arms[0],
                2,
                Alike
            )
        );
    }

    private static Findings BlocksOfFullBatch(Laboratory laboratory)
    {
        var arms = laboratory.Run(
            FullBatches(laboratory.Protocol, "mlp"),
            [.. Arms.NaturalOfFullBatch(isByBlocks: true), Arms.OnOwnBatch(new(Arms.Kfac, "kfac", 0.01, 0.01))]
        );
        return OfFullBatches(
            arms,
            Claim.Lower(
                "K-FAC outperforms exact block-diagonal natural gradients with the full Fisher",
                "significantly",
                arms[2],
                arms[1],
                2,
                Alike
            )
        );
    }

    /// <summary>How many times higher the first loss is than the second; infinite if the first run diverged.</summary>
    private static double Ratio(ArmResult one, ArmResult other) =>
        (one.Loss?.Mean ?? double.PositiveInfinity) / (other.Loss?.Mean ?? double.PositiveInfinity);

    /// <summary>The findings of arms in mini-batches.</summary>
    internal static Findings Of(IReadOnlyList<ArmResult> arms, params ReadOnlySpan<Claim> claims) =>
        new([.. claims], ArmCharts.Of(arms), FigureResult.Arms(arms));

    private static Findings OfFullBatches(IReadOnlyList<ArmResult> arms, params ReadOnlySpan<Claim> claims) =>
        new([.. claims], ArmCharts.Of(arms, epoch: "step"), FigureResult.Arms(arms));
}
