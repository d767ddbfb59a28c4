using System.Runtime.CompilerServices;

namespace Foof;

/// <summary>The checks at public entries: subject, requirement, what came.</summary>
internal static class Argument
{
    /// <summary>Returns what must be greater than zero.</summary>
    internal static double Positive(
        double value,
        [CallerArgumentExpression(nameof(value))] string name = ""
    ) => double.IsFinite(value) && value > 0 ? value : throw Refused(name, "a positive number", value);

    /// <summary>Returns what must be at least zero.</summary>
    internal static double NotNegative(
        double value,
        [CallerArgumentExpression(nameof(value))] string name = ""
    ) => double.IsFinite(value) && value >= 0 ? value : throw Refused(name, "a number of at least 0", value);

    /// <summary>Returns what must lie in [0, 1).</summary>
    internal static double Fraction(
        double value,
        [CallerArgumentExpression(nameof(value))] string name = ""
    ) => value is >= 0 and < 1 ? value : throw Refused(name, "in [0, 1)", value);

    /// <summary>Returns what must be at least <paramref name="least"/>.</summary>
    internal static T AtLeast<T>(T least, T value, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : struct, IComparable<T> =>
        value.CompareTo(least) >= 0 ? value : throw Refused(name, $"at least {least}", value);

    /// <summary>Returns tensors, none of which may be null.</summary>
    internal static IReadOnlyCollection<T> Whole<T>(
        IReadOnlyCollection<T> values,
        [CallerArgumentExpression(nameof(values))] string name = ""
    )
        where T : class
    {
        ArgumentNullException.ThrowIfNull(values, name);
        return values.All(value => value is not null)
            ? values
            : throw new ArgumentException($"{name} must hold {values.Count} tensors; one is null.", name);
    }

    /// <summary>Returns a value of an enumeration that has a name.</summary>
    internal static T Known<T>(T value, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : struct, Enum =>
        Enum.IsDefined(value)
            ? value
            : throw Refused(name, $"one of {string.Join(", ", Enum.GetNames<T>())}", value);

    private static ArgumentException Refused(string name, string requirement, object value) =>
        new(FormattableString.Invariant($"{name} must be {requirement}; got {value}."), name);
}
