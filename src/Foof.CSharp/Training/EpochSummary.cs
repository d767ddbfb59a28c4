namespace Foof;

/// <summary>What an epoch of <see cref="Trainer"/> came to.</summary>
/// <example>
/// <code>
/// foreach (var epoch in Trainer.Fit(optimizer, images, labels, epochs: 10))
///     Console.WriteLine(epoch);
/// </code>
/// </example>
/// <param name="Epoch">Its number: the first one is 1 where none came before.</param>
/// <param name="Loss">The mean over data points of the loss before each step.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record EpochSummary(int Epoch, double Loss, TimeSpan Elapsed)
{
    /// <summary>epoch 3: loss 0.1234 in 1.5 s</summary>
    public override string ToString() =>
        FormattableString.Invariant($"epoch {Epoch}: loss {Loss:F4} in {Elapsed.TotalSeconds:F1} s");
}
