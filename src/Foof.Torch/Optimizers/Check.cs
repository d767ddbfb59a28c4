using System.Runtime.CompilerServices;

namespace TorchSharp.Modules;

/// <summary>Checks of an optimiser's settings.</summary>
internal static class Check
{
    /// <exception cref="ArgumentException">The value is negative or no number.</exception>
    internal static void NotNegative(double value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (!(value >= 0))
            throw new ArgumentException($"{name} must not be negative; got {value}.", name);
    }

    /// <exception cref="ArgumentException">The value is not in [0, 1).</exception>
    internal static void BelowOne(double value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (!(value >= 0 && value < 1))
            throw new ArgumentException($"{name} must lie in [0, 1); got {value}.", name);
    }

    /// <exception cref="ArgumentException">The value is not greater than zero.</exception>
    internal static void Positive(double value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (!(value > 0))
            throw new ArgumentException($"{name} must be positive; got {value}.", name);
    }
}
