namespace Foof;

/// <summary>A matrix could not be inverted at the first attempt, and what was used instead.</summary>
/// <example>
/// <code>optimizer.Fallback += (_, fallback) => Console.Error.WriteLine(fallback.Description);</code>
/// </example>
/// <param name="layer">The layer's path in the model.</param>
/// <param name="description">What failed and what was used instead, in one sentence.</param>
public sealed class CurvatureFallbackEventArgs(string layer, string description) : EventArgs
{
    /// <summary>The layer's path in the model.</summary>
    public string Layer { get; } = layer;

    /// <summary>What failed and what was used instead, in one sentence.</summary>
    public string Description { get; } = description;
}
