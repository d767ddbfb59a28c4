namespace Foof;

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
