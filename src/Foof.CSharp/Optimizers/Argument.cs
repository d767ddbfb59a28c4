using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// Checks of arguments at public entries. A message has the subject, the requirement and what came.
/// </summary>
internal static class Argument
{
    /// <summary>Returns the value; raises if it is null.</summary>
    internal static T NotNull<T>(T? value, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : class => value ?? throw new ArgumentNullException(name);

    /// <summary>Returns the value; raises unless it is greater than zero.</summary>
    internal static double Positive(double value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        Require.positive(name, value);
        return value;
    }

    /// <summary>Returns the value; raises if there is one and it is not greater than zero.</summary>
    internal static double? Positive(double? value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value is { } given ? Positive(given, name) : null;

    /// <summary>Returns the value; raises if there is one and it does not lie in [0, 1).</summary>
    internal static double? Fraction(double? value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value is { } given ? Fraction(given, name) : null;

    /// <summary>Returns the value; raises if there is one and it is less than <paramref name="least"/>.</summary>
    internal static int? AtLeast(int least, int? value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value is { } given ? AtLeast<int>(least, given, name) : null;

    /// <summary>Returns the value; raises unless it is at least zero.</summary>
    internal static double NotNegative(double value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        Require.nonNegative(name, value);
        return value;
    }

    /// <summary>Returns the value; raises unless it lies in [0, 1).</summary>
    internal static double Fraction(double value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        Require.fraction(name, value);
        return value;
    }

    /// <summary>Returns the value; raises unless it is at least <paramref name="least"/>.</summary>
    internal static T AtLeast<T>(T least, T value, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : struct, IComparable<T> =>
        value.CompareTo(least) >= 0 ? value : throw Refused(name, $"at least {least}", value);

    /// <summary>Returns the value; raises unless it is at most <paramref name="most"/>.</summary>
    internal static int AtMost(
        int most,
        int value,
        [CallerArgumentExpression(nameof(most))] string bound = "",
        [CallerArgumentExpression(nameof(value))] string name = ""
    ) => value <= most ? value : throw Refused(name, $"at most {bound}, {most}", value);

    /// <summary>Returns the value; raises unless it lies in (0, 1].</summary>
    internal static double Share(double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value is > 0 and <= 1 ? value : throw Refused(name, "in (0, 1]", value);

    /// <summary>Returns the tensors; raises if one of them is null.</summary>
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

    /// <summary>Returns a batch's input; raises if it is null.</summary>
    internal static Tensor Batch(Tensor? input, int place) => OfBatch(input, "an input", place);

    /// <summary>Returns a batch's input; raises if it has no data point.</summary>
    internal static Tensor Points(Tensor input, int place) =>
        input.numel() > 0
            ? input
            : throw new ArgumentException(
                $"batch {place} must have at least one data point; got [{Shape.text(input.shape)}]."
            );

    /// <summary>Returns a batch's target; raises if it is null.</summary>
    internal static Tensor Labels(Tensor? target, int place) => OfBatch(target, "a target", place);

    private static Tensor OfBatch(Tensor? tensor, string what, int place) =>
        tensor ?? throw new ArgumentException($"batch {place} must have {what}; it is null.");

    /// <summary>Raises unless inputs and targets have the same number of rows.</summary>
    internal static void SameRows(
        Tensor inputs,
        Tensor targets,
        [CallerArgumentExpression(nameof(inputs))] string inputsName = "",
        [CallerArgumentExpression(nameof(targets))] string targetsName = ""
    )
    {
        if (inputs.dim() == 0 || targets.dim() == 0 || inputs.shape[0] != targets.shape[0])
            throw new ArgumentException(
                $"{inputsName} and {targetsName} must have the same number of rows, one for each data point; "
                    + $"got [{Shape.text(inputs.shape)}] and [{Shape.text(targets.shape)}].",
                targetsName
            );
    }

    /// <summary>Returns the value; raises unless the enumeration names it.</summary>
    internal static T Known<T>(T value, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : struct, Enum =>
        Enum.IsDefined(value) ? value : throw Refused(name, $"one of {string.Join(", ", Enum.GetNames<T>())}", value);

    private static ArgumentException Refused(string name, string requirement, object value) =>
        new(FormattableString.Invariant($"{name} must be {requirement}; got {value}."), name);
}
