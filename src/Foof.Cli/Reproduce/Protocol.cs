namespace Foof.Cli.Reproduce;

/// <summary>How large the experiments are.</summary>
internal sealed record Protocol
{
    /// <summary>The paper's: all images, ten epochs of batches of 100; full batches of 1,000 images, 100 steps.</summary>
    internal static Protocol Paper { get; } =
        new()
        {
            Name = "full",
            Images = null,
            Epochs = 10,
            FullBatch = 1000,
            FullBatchSteps = 100,
            InvertEvery = 100,
            Tried = 30,
            FisherImages = [1000, 4000],
            TestImages = 10_000,
            ImagesToTarget = null,
            EpochsToTarget = 8,
        };

    /// <summary>A small one, of which all figures take about half an hour.</summary>
    internal static Protocol Quick { get; } =
        new()
        {
            Name = "quick",
            Images = 4000,
            Epochs = 3,
            FullBatch = 200,
            FullBatchSteps = 40,
            InvertEvery = 20,
            Tried = 6,
            FisherImages = [500],
            TestImages = 1000,
            ImagesToTarget = 3000,
            EpochsToTarget = 3,
        };

    /// <summary>Its name in files.</summary>
    internal required string Name { get; init; }

    /// <summary>The training images of mini-batch experiments; null: all of them.</summary>
    internal required int? Images { get; init; }

    /// <summary>Their epochs.</summary>
    internal required int Epochs { get; init; }

    /// <summary>The images of a full batch.</summary>
    internal required int FullBatch { get; init; }

    /// <summary>The steps with full batches.</summary>
    internal required int FullBatchSteps { get; init; }

    /// <summary>T, the steps between inversions of amortised methods.</summary>
    internal required int InvertEvery { get; init; }

    /// <summary>How many settings a search tries at most.</summary>
    internal required int Tried { get; init; }

    /// <summary>The images that a larger Fisher is made of.</summary>
    internal required IReadOnlyList<int> FisherImages { get; init; }

    /// <summary>How many test images losses are measured on.</summary>
    internal required int TestImages { get; init; }

    /// <summary>The training images of the runs to a target; null: all of them.</summary>
    internal required int? ImagesToTarget { get; init; }

    /// <summary>Their epochs.</summary>
    internal required int EpochsToTarget { get; init; }
}
