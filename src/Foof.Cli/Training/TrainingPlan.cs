namespace Foof.Cli.Training;

/// <summary>A run as it was asked for, and the files around it.</summary>
/// <param name="Request">What the command line says about the run.</param>
/// <param name="Out">Where checkpoints go.</param>
/// <param name="Resume">Where the checkpoint to go on from is.</param>
/// <param name="Metrics">The file for the numbers.</param>
/// <param name="Report">The file for the page.</param>
/// <param name="IsPassing">Whether the folder goes with the command, so that nothing can go on from it.</param>
internal sealed record TrainingPlan(
    TrainingRequest Request,
    string? Out = null,
    string? Resume = null,
    string? Metrics = null,
    string? Report = null,
    bool IsPassing = false
);
