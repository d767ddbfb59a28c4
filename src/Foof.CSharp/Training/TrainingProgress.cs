namespace Foof;

/// <summary>The position of a run of <see cref="Trainer"/> after a step.</summary>
/// <example>
/// <code>
/// var progress = new Progress&lt;TrainingProgress&gt;(at => Console.Write($"\r{at.Epoch}/{at.Epochs}: {at.Loss:F4}"));
/// foreach (var epoch in Trainer.Fit(optimizer, images, labels, epochs: 10, progress: progress))
///     Console.WriteLine();
/// </code>
/// </example>
/// <param name="Epoch">The epoch, from 1 on.</param>
/// <param name="Epochs">The number of the last epoch.</param>
/// <param name="Step">The step in the epoch, from 1 on.</param>
/// <param name="Loss">The loss of the step's batch before its update.</param>
/// <param name="Elapsed">How long the run has taken.</param>
public readonly record struct TrainingProgress(int Epoch, int Epochs, int Step, double Loss, TimeSpan Elapsed);

/// <summary>The result of one epoch of <see cref="Trainer"/>.</summary>
/// <example>
/// <code>
/// foreach (var epoch in Trainer.Fit(optimizer, images, labels, epochs: 10))
///     Console.WriteLine(epoch);
/// </code>
/// </example>
/// <param name="Epoch">The number of the epoch, counted from 1.</param>
/// <param name="Loss">The mean over data points of the loss before each step.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record EpochSummary(int Epoch, double Loss, TimeSpan Elapsed)
{
    /// <summary>epoch 3: loss 0.1234 in 1.5 s</summary>
    public override string ToString() =>
        FormattableString.Invariant($"epoch {Epoch}: loss {Loss:F4} in {Elapsed.TotalSeconds:F1} s");
}
