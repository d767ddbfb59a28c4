namespace Foof;

/// <summary>What an epoch of <see cref="Trainer"/> came to.</summary>
/// <example>
/// <code>
/// foreach (var epoch in Trainer.Fit(optimizer, images, labels, epochs: 10))
///     Console.WriteLine($"{epoch.Epoch}: {epoch.Loss:F4} in {epoch.Elapsed}");
/// </code>
/// </example>
/// <param name="Epoch">Its number: the first one is 1 where none came before.</param>
/// <param name="Loss">The mean over data points of the loss before each step.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record EpochSummary(int Epoch, double Loss, TimeSpan Elapsed);
