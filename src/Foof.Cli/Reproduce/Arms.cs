using Foof.Cli.Training;
using Foof.Validation;

namespace Foof.Cli.Reproduce;

/// <summary>The methods of the first paper's figures, with the settings that their searches start from.</summary>
internal static class Arms
{
    internal const string NaturalGradient = "natural gradient";
    internal const string Kfac = "K-FAC";
    internal const string Foof = "FOOF";

    /// <summary>SGD with momentum 0.9.</summary>
    internal static Arm Sgd { get; } = new("SGD", "sgd", 0.03);

    /// <summary>Adam.</summary>
    internal static Arm Adam { get; } = new("Adam", "adam", 3e-4);

    /// <summary>The subsampled natural gradient, by a mini-batch and one label for each image.</summary>
    internal static Arm Natural { get; } = new(NaturalGradient, "natural", 0.03, 1);

    /// <summary>K-FAC with heuristic damping.</summary>
    internal static Arm KfacOf(Protocol protocol) => Amortised(new(Kfac, "kfac", 0.003, 0.001), protocol);

    /// <summary>FOOF.</summary>
    internal static Arm FoofOf(Protocol protocol) => Amortised(new(Foof, "foof", 0.1, 0.01), protocol);

    /// <summary>An arm with inversions and statistics as often as the protocol has them.</summary>
    internal static Arm Amortised(Arm arm, Protocol protocol) => Every(arm, protocol.InvertEvery, 10);

    /// <summary>An arm with inversions every T steps and statistics in S steps before.</summary>
    internal static Arm Every(Arm arm, int T, int S) =>
        arm with
        {
            Set = settings => arm.Set(settings) with { InvertEvery = T, StatisticsSteps = Math.Min(S, T) },
        };

    /// <summary>An arm whose curvature is that of one mini-batch, another one than the gradient's.</summary>
    internal static Arm OnOneBatch(Arm arm, string label) =>
        arm with
        {
            Label = label,
            Variant = Variant.Of("one batch", Experiments.onOneBatch),
        };

    /// <summary>An arm whose curvature is that of the gradient's own batch, in every step: of full batches.</summary>
    internal static Arm OnOwnBatch(Arm arm) => arm with { Variant = Variant.Of("own batch", Experiments.onOwnBatch) };

    /// <summary>The natural gradients of full batches: by one label for each image, and by the full Fisher.</summary>
    internal static Arm[] NaturalOfFullBatch(bool isByBlocks) =>
        isByBlocks
            ?
            [
                OnOwnBatch(new("block-diagonal, sampled", "natural-blocks", 0.1, 1)),
                new("block-diagonal, full Fisher", "natural-blocks", 0.03, 0.1)
                {
                    Variant = Variant.Of("full Fisher", _ => Experiments.onOwnBatch(Experiments.naturalBlocksFull)),
                },
            ]
            :
            [
                OnOwnBatch(Natural with { Label = "natural gradient, sampled", LearningRate = 0.1 }),
                OnOwnBatch(new("natural gradient, full Fisher", "natural-full", 0.03, 0.1)),
            ];

    /// <summary>The natural gradient with the Fisher of so many images, renewed every few steps.</summary>
    internal static Arm NaturalOf(int images) =>
        new($"{NaturalGradient}, {images} images", "natural", 0.03, 1)
        {
            Variant = new(
                $"Fisher of {images} images",
                (model, kind, settings, data) => new LargerFisher(images, model, kind, settings, data)
            ),
        };
}
