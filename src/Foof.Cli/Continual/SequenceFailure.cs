namespace Foof.Cli.Continual;

/// <summary>A sequence ended in numbers that are none.</summary>
/// <param name="sentence">Which one, and why.</param>
internal sealed class SequenceFailure(string sentence) : Exception(sentence);
