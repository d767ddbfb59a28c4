namespace Foof;

/// <summary>Says which trained parameters no layer covers.</summary>
internal static class UncoveredParameters
{
    private const int MostNames = 3;

    /// <summary>
    /// Returns a sentence that names the trained parameters which no layer covers, and why; null if there are none.
    /// </summary>
    /// <param name="coverage">How each parameter is treated.</param>
    /// <param name="consequence">What that means for them: "are not held back".</param>
    internal static string? Sentence(IReadOnlyList<Coverage> coverage, string consequence) =>
        Sentence(
            [.. coverage.Where(line => line.Treatment.IsPlain).Select(line => $"'{line.Parameter}' ({line.Detail})")],
            $"Some trained parameters {consequence}, since no layer covers them"
        );

    /// <summary>
    /// Returns a sentence that names the frozen biases of layers whose weights are trained; null if there are none.
    /// </summary>
    /// <inheritdoc cref="Sentence(IReadOnlyList{Coverage}, string)"/>
    internal static string? FrozenBiases(IReadOnlyList<Coverage> coverage, string consequence)
    {
        var layers = coverage.Where(line => line.Treatment.IsPreconditioned).Select(line => Layer(line.Parameter));
        return Sentence(
            [
                .. coverage
                    .Where(line => line.Treatment.IsFrozen)
                    .IntersectBy(layers, line => Layer(line.Parameter))
                    .Select(line => $"'{line.Parameter}'"),
            ],
            $"Some biases {consequence}, since they are frozen while their layers' weights are trained"
        );
    }

    private static string Layer(string parameter) => parameter[..(parameter.LastIndexOf('.') + 1)];

    private static string? Sentence(string[] names, string statement) =>
        names.Length == 0
            ? null
            : $"{statement}: {string.Join(", ", names.Take(MostNames))}"
                + (names.Length > MostNames ? $" and {names.Length - MostNames} more." : ".");
}
