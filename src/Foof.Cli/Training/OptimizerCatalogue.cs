namespace Foof.Cli.Training;

/// <summary>The optimisers that the command line knows.</summary>
internal static class OptimizerCatalogue
{
    /// <summary>The name of the one that is used when none is named.</summary>
    internal const string Default = "foof";

    private static readonly OptimizerKind[] Kinds =
    [
        new("foof", 0.3, 0.0, HasMomentum: true, HasCurvature: true, FoofLearner.Make),
        new("sgd", 0.01, 0.9, HasMomentum: true, HasCurvature: false, SgdLearner.Make),
        new("adam", 1e-4, 0.0, HasMomentum: false, HasCurvature: false, AdamLearner.Make),
    ];

    /// <summary>The names that can be trained with.</summary>
    internal static IReadOnlyList<string> Names { get; } = [.. Kinds.Select(kind => kind.Name)];

    /// <summary>Names that are spoken for by methods which this version does not have.</summary>
    internal static IReadOnlyList<string> Reserved { get; } =
    ["kfac", "kfac-standard", "ekfac", "natural", "natural-blocks"];

    /// <summary>The optimiser called <paramref name="name"/>.</summary>
    /// <exception cref="CommandFailure">There is none.</exception>
    internal static OptimizerKind Find(string name) =>
        Array.Find(Kinds, kind => kind.Name == name)
        ?? throw new CommandFailure(
            $"The optimiser must be one of {string.Join(", ", Names)}; got '{name}'."
        );
}
