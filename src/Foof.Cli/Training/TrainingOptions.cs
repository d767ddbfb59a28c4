namespace Foof.Cli.Training;

/// <summary>Everything that decides a run. It is kept in checkpoints.</summary>
internal sealed record TrainingOptions
{
    /// <summary>The data set's name or folder.</summary>
    public required string Data { get; init; }

    /// <summary>The network's name.</summary>
    public required string Model { get; init; }

    /// <summary>The optimiser's name.</summary>
    public required string Optimizer { get; init; }

    /// <summary>How many passes over the training images.</summary>
    public required int Epochs { get; init; }

    /// <summary>How many images a step sees.</summary>
    public required int BatchSize { get; init; }

    /// <summary>The size of a step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>lambda, added to matrices that are means over data points.</summary>
    public required double Damping { get; init; }

    /// <summary>The share of the velocity that is kept.</summary>
    public required double Momentum { get; init; }

    /// <summary>The factor of the weights that a step takes off them.</summary>
    public required double WeightDecay { get; init; }

    /// <summary>T: every how many steps matrices are inverted.</summary>
    public required int InvertEvery { get; init; }

    /// <summary>S: in how many steps before an inversion statistics are taken.</summary>
    public required int StatisticsSteps { get; init; }

    /// <summary>How many of the training images are used; null: all.</summary>
    public required int? Subset { get; init; }

    /// <summary>How many of the training images are held out, the last ones; null: none.</summary>
    public int? Validation { get; init; }

    /// <summary>The widths of a multi-layer perceptron's hidden layers, as in 400-400; null: the paper's.</summary>
    public string? Hidden { get; init; }

    /// <summary>Decides the weights at the start and the order of the images.</summary>
    public required long Seed { get; init; }

    /// <summary>How many threads libtorch uses.</summary>
    public required int Threads { get; init; }

    /// <summary>Whether a run can have them: a file may say anything.</summary>
    internal bool IsPossible =>
        Data is not null
        && Math.Min(Math.Min(Epochs, BatchSize), Math.Min(Threads, Subset ?? 1)) >= 1
        && StatisticsSteps >= 1
        && StatisticsSteps <= InvertEvery
        && LearningRate > 0
        && Damping > 0
        && Momentum is >= 0 and < 1
        && WeightDecay >= 0
        && Validation is null or >= 1
        && (Hidden is null || Models.Mlp.Widths(Hidden) is not null);
}
