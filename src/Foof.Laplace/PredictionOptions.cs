namespace Foof;

/// <summary>How predictions are made.</summary>
/// <example>
/// <code>
/// var options = new PredictionOptions { Kind = PredictiveKind.MonteCarlo, Samples = 30 };
/// using var prediction = posterior.Predict(testInputs, options);
/// </code>
/// </example>
public sealed record PredictionOptions
{
    /// <summary>Which approximation.</summary>
    public PredictiveKind Kind { get; init; } = PredictiveKind.Probit;

    /// <summary>How many samples of weights or outputs are taken, where some are.</summary>
    public int Samples { get; init; } = 100;

    /// <summary>Decides the samples.</summary>
    public long Seed { get; init; } = 42;

    /// <summary>
    /// The most bytes that samples of weights take at once; more are taken one after another. And the most that
    /// a choice by validation data keeps of all its batches; others are linearised anew for each value.
    /// </summary>
    public long MemoryBudget { get; init; } = LaplaceOptions.DefaultMemoryBudget;
}
