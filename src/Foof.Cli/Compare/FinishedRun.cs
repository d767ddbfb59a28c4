using Foof.Cli.Training;

namespace Foof.Cli.Compare;

/// <summary>A run that needs not be made again.</summary>
/// <param name="Options">Everything that decided it.</param>
/// <param name="Fingerprint">Of the data set.</param>
/// <param name="Machine">Where its times were measured.</param>
/// <param name="Parameters">How many the model has.</param>
/// <param name="WarmUpSeconds">The time before its first step.</param>
/// <param name="Epochs">Its epochs; fewer than were asked for where it diverged.</param>
/// <param name="Failure">Why it ended early; null where it did not.</param>
internal sealed record FinishedRun(
    TrainingOptions Options,
    string Fingerprint,
    string Machine,
    long Parameters,
    double WarmUpSeconds,
    IReadOnlyList<EpochResult> Epochs,
    string? Failure
)
{
    /// <summary>The optimiser.</summary>
    internal OptimizerKind Optimizer => OptimizerCatalogue.Find(Options.Optimizer);

    /// <summary>The training loss at its end; null where it did not come to it.</summary>
    internal double? TrainLoss => Failure is null ? Epochs[^1].TrainLoss : null;

    /// <summary>Its damping; null where the optimiser has none.</summary>
    internal double? Damping => Optimizer.HasCurvature ? Options.Damping : null;

    /// <summary>Whether a file may say so.</summary>
    internal bool IsPossible =>
        Options is { IsPossible: true }
        && OptimizerCatalogue.Names.Contains(Options.Optimizer)
        && Fingerprint is not null
        && Machine is not null
        && Epochs is not null
        && (Failure is not null || Epochs.Count == Options.Epochs);
}
