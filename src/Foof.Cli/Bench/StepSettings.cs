using static TorchSharp.torch;

namespace Foof.Cli.Bench;

/// <summary>What <c>bench step</c> measures, and how often.</summary>
/// <param name="Model">The network.</param>
/// <param name="BatchSize">How many data points a step sees.</param>
/// <param name="Threads">How many threads libtorch has.</param>
/// <param name="Device">Where it is computed.</param>
/// <param name="Rounds">How often each row's period is run.</param>
/// <param name="MostSteps">
/// How many steps of a longer period are run; each further one counts as much as the median of its plain steps, and rows without
/// a period count by the median then, too.
/// </param>
internal sealed record StepSettings(
    StepModel Model,
    int BatchSize,
    int Threads,
    Device Device,
    int Rounds,
    int MostSteps
);
