using static TorchSharp.torch;

namespace Foof;

/// <summary>What a model without any layer that a method covers has instead.</summary>
internal static class Uncovered
{
    private const int MostLines = 8;

    internal static ArgumentException Of(
        string optimizer,
        nn.Module model,
        IReadOnlyList<ParameterCoverage> coverage
    )
    {
        var kinds = model
            .named_modules()
            .Select(named => named.Item2)
            .Prepend(model)
            .Select(module => module.GetType().Name)
            .Distinct();
        var lines = coverage.Take(MostLines).Select(Describe);
        var parameters =
            coverage.Count == 0 ? "no parameters"
            : coverage.Count > MostLines
                ? $"{string.Join(", ", lines)} and {coverage.Count - MostLines} parameters more"
            : string.Join(", ", lines);
        return new(
            $"The model must have a trained layer that {optimizer} covers (Linear, Conv2d, Embedding); "
                + $"found the modules {string.Join(", ", kinds)} with {parameters}.",
            nameof(model)
        );
    }

    private static string Describe(ParameterCoverage line) =>
        $"'{line.Parameter}' [{string.Join(", ", line.Shape)}] ("
        + (line.Treatment == ParameterTreatment.Frozen ? "it is frozen" : line.Detail)
        + ")";
}
