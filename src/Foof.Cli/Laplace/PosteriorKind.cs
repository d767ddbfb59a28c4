namespace Foof.Cli.Laplace;

/// <summary>A posterior's name on the command line.</summary>
/// <param name="Name">The name.</param>
/// <param name="Structure">What is kept of the Fisher.</param>
/// <param name="LastLayer">Whether of the last layer alone.</param>
/// <param name="Subsample">How many training images it takes where nobody says; null: all.</param>
internal sealed record PosteriorKind(
    string Name,
    LaplaceStructure Structure,
    bool LastLayer = false,
    int? Subsample = null
)
{
    /// <summary>The name of the one that is taken where nobody says.</summary>
    internal const string Default = "kron";

    private static readonly PosteriorKind[] Kinds =
    [
        new("kron", LaplaceStructure.Kronecker),
        new("full", LaplaceStructure.Full, Subsample: 2000),
        new("diag", LaplaceStructure.Diagonal),
        new("foof", LaplaceStructure.Foof),
        new("last-layer", LaplaceStructure.Full, LastLayer: true),
        new("last-layer-kron", LaplaceStructure.Kronecker, LastLayer: true),
        new("last-layer-diag", LaplaceStructure.Diagonal, LastLayer: true),
    ];

    /// <summary>All names.</summary>
    internal static IReadOnlyList<string> Names { get; } = [.. Kinds.Select(kind => kind.Name)];

    /// <summary>The kind called <paramref name="name"/>, one of <see cref="Names"/>.</summary>
    internal static PosteriorKind Find(string name) => Kinds.First(kind => kind.Name == name);
}
