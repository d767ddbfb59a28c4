namespace Foof.Cli.Training;

/// <summary>The optimisers that the command line knows.</summary>
internal static class OptimizerCatalogue
{
    /// <summary>The name of the one that is used when none is named.</summary>
    internal const string Default = "foof";

    // FOOF's and K-FAC's are the paper's, for means over data points; the others are where a search may start.
    private static readonly Dictionary<string, double> LearningRates = new()
    {
        ["foof"] = 0.3,
        ["foof-kfac"] = 0.003,
        ["kfac"] = 0.003,
        ["kfac-standard"] = 0.003,
        ["kfac-expand"] = 0.003,
        ["kfac-reduce"] = 0.003,
        ["kfc"] = 0.003,
        ["ekfac"] = 0.003,
        ["tkfac"] = 0.003,
        ["natural"] = 0.1,
        ["natural-full"] = 0.1,
        ["natural-blocks"] = 0.1,
        ["sngd"] = 0.1,
        ["mfac"] = 0.03,
        ["eva"] = 0.1,
        ["shampoo"] = 0.1,
    };

    private static readonly OptimizerKind[] Kinds =
    [
        .. Methods.all.Select(method => Of(method, LearningRates[method.Name])),
        new("sgd", 0.01, 0.9, HasMomentum: true, Method: null, SgdLearner.Make),
        new("adam", 1e-4, 0.0, HasMomentum: false, Method: null, AdamLearner.Make),
    ];

    private static OptimizerKind Of(Recipe method, double learningRate) =>
        new(method.Name, learningRate, 0.0, HasMomentum: true, method, CurvatureLearner.Of(method));

    /// <summary>The names that can be trained with.</summary>
    internal static IReadOnlyList<string> Names { get; } = [.. Kinds.Select(kind => kind.Name)];

    /// <summary>The optimiser called <paramref name="name"/>.</summary>
    /// <exception cref="CommandFailure">There is none.</exception>
    internal static OptimizerKind Find(string name) =>
        Array.Find(Kinds, kind => kind.Name == name)
        ?? throw new CommandFailure(
            $"The optimiser must be one of {string.Join(", ", Names)}; got '{name}'."
        );
}
