using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

/// <summary>The check that a model has a layer that can be covered.</summary>
internal static class Uncovered
{
    private const int MostLines = 8;

    /// <summary>
    /// Returns the covered layers and how each parameter is treated; raises if no layer is covered.
    /// </summary>
    internal static Survey Survey(string subject, nn.Module model, Func<string, Parameter, bool>? select)
    {
        var found = CoverageModule.survey(model, select ?? ((_, _) => true));
        return found.Layers.Length > 0 ? found : throw Of(subject, model, found.Coverage);
    }

    internal static ArgumentException Of(string subject, nn.Module model, IReadOnlyList<Coverage> coverage)
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
                ? $"{string.Join(", ", lines)} and {coverage.Count - MostLines} more parameters"
            : string.Join(", ", lines);
        return new(
            $"The model must have a trained layer that {subject} covers (Linear, a convolution, Embedding); "
                + $"found the modules {string.Join(", ", kinds)} with {parameters}.",
            nameof(model)
        );
    }

    private static string Describe(Coverage line) =>
        $"'{line.Parameter}' [{Shape.text(line.Shape)}] ("
        + (line.Treatment.IsFrozen ? "it is frozen" : line.Detail)
        + ")";
}
