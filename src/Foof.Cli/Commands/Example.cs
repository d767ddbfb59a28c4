namespace Foof.Cli.Commands;

/// <summary>A line that a user may type.</summary>
/// <param name="Line">As in a shell: the program's name, the command, its options.</param>
/// <param name="Purpose">What it is good for.</param>
internal sealed record Example(string Line, string Purpose);
