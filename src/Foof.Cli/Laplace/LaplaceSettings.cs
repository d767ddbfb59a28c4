namespace Foof.Cli.Laplace;

/// <summary>Everything that decides the numbers of <c>foof laplace</c>.</summary>
internal sealed record LaplaceSettings
{
    /// <summary>What the posterior keeps.</summary>
    public required PosteriorKind Kind { get; init; }

    /// <summary>
    /// How many of the training images the Fisher is of; null: the kind's own number, or all.
    /// </summary>
    public int? Subsample { get; init; }

    /// <summary>How many samples are drawn.</summary>
    public required int Samples { get; init; }

    /// <summary>
    /// How the prior precision is chosen: validation, evidence, evidence-per-layer, given; null: the rule.
    /// </summary>
    public string? Tune { get; init; }

    /// <summary>The prior precision, where it is given.</summary>
    public double? PriorPrecision { get; init; }

    /// <summary>What the covariance is multiplied by.</summary>
    public required double Temperature { get; init; }

    /// <summary>Whose labels; null: all, where they fit.</summary>
    public FisherLabels? Labels { get; init; }

    /// <summary>How predictions are made.</summary>
    public required PredictiveKind Predictive { get; init; }

    /// <summary>The most bytes of the curvature.</summary>
    public required long MemoryBudget { get; init; }

    /// <summary>Decides samples and sampled labels.</summary>
    public required long Seed { get; init; }

    /// <summary>Where to compute, by name.</summary>
    public required string Device { get; init; }

    /// <summary>How many of the test images are predicted; null: all.</summary>
    public int? Test { get; init; }
}
