namespace Foof.Cli.Models;

/// <summary>The networks that the command line knows.</summary>
internal static class ModelCatalogue
{
    /// <summary>The name of the paper's network.</summary>
    internal const string Default = "mlp";

    private static readonly ModelKind[] Kinds =
    [
        new("mlp", Mlp.Build),
        new("linear", LinearModel.Build),
        new("cnn", Cnn.Build),
        new("autoencoder", Autoencoder.Build, Classifies: false),
        new("resnet18", () => ResNet18.Build(channels: 1)),
    ];

    /// <summary>All names.</summary>
    internal static IReadOnlyList<string> Names { get; } = [.. Kinds.Select(kind => kind.Name)];

    /// <summary>The network called <paramref name="name"/>.</summary>
    /// <exception cref="CommandFailure">There is none.</exception>
    internal static ModelKind Find(string name) =>
        Array.Find(Kinds, kind => kind.Name == name)
        ?? throw new CommandFailure($"The model must be one of {string.Join(", ", Names)}; got '{name}'.");
}
