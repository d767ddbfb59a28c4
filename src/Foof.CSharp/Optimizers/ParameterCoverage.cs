using System.Globalization;
using System.Text;

namespace Foof;

/// <summary>What becomes of a parameter in a step.</summary>
/// <example>
/// <code>var plain = optimizer.Coverage.Where(line => line.Treatment == ParameterTreatment.Plain);</code>
/// </example>
public enum ParameterTreatment
{
    /// <summary>Its layer's curvature preconditions its gradient.</summary>
    Preconditioned,

    /// <summary>Gradient descent with the same momentum and weight decay.</summary>
    Plain,

    /// <summary>It is not trained.</summary>
    Frozen,
}

/// <summary>One line of <see cref="CurvatureOptimizer.Coverage"/>.</summary>
/// <example>
/// <code>
/// foreach (var line in optimizer.Coverage)
///     Console.WriteLine($"{line.Parameter}: {line.Treatment} {line.Detail}");
/// </code>
/// </example>
/// <param name="Parameter">The parameter's path in the model.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Treatment">What becomes of it.</param>
/// <param name="Detail">The layer that preconditions it, why there is none, or nothing.</param>
public sealed record ParameterCoverage(
    string Parameter,
    IReadOnlyList<long> Shape,
    ParameterTreatment Treatment,
    string Detail
)
{
    /// <summary>The core's line for C#.</summary>
    internal static ParameterCoverage Of(Coverage line) =>
        line.Treatment switch
        {
            Foof.Treatment.Preconditioned own => new(
                line.Parameter,
                line.Shape,
                ParameterTreatment.Preconditioned,
                own.layer
            ),
            Foof.Treatment.Plain own => new(line.Parameter, line.Shape, ParameterTreatment.Plain, own.reason),
            _ => new(line.Parameter, line.Shape, ParameterTreatment.Frozen, ""),
        };

    // What a record prints of itself is the array's type in place of the shape.
    private bool PrintMembers(StringBuilder builder)
    {
        _ = builder.Append(
            CultureInfo.InvariantCulture,
            $"Parameter = {Parameter}, Shape = [{string.Join("; ", Shape)}], Treatment = {Treatment}, Detail = {Detail}"
        );
        return true;
    }
}
