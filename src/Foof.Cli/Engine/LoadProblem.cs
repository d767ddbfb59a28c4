namespace Foof.Cli.Engine;

/// <summary>Why libtorch cannot be used.</summary>
/// <param name="Detail">What was found, without a full stop.</param>
/// <param name="Remedy">What to do, without a full stop.</param>
internal sealed record LoadProblem(string Detail, string Remedy)
{
    /// <summary>Both as one sentence.</summary>
    internal string Sentence => $"{char.ToUpperInvariant(Detail[0])}{Detail[1..]}: {Remedy}.";
}
