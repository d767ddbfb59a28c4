namespace Foof;

/// <summary>What an epoch of <see cref="Trainer"/> came to.</summary>
/// <example><code>Console.WriteLine($"{epochs[^1].Loss:F4} in {epochs[^1].Elapsed}");</code></example>
/// <param name="Epoch">Its number: the first one is 1 where none came before.</param>
/// <param name="Loss">The mean over data points of the loss before each step.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record EpochSummary(int Epoch, double Loss, TimeSpan Elapsed);
