namespace Foof.Cli;

/// <summary>A command cannot do what was asked: one sentence for the user, and the exit code.</summary>
/// <param name="sentence">What is wrong and what to do about it.</param>
/// <param name="exitCode">One of <see cref="Cli.ExitCode"/>.</param>
internal sealed class CommandFailure(string sentence, int exitCode = ExitCode.Failure) : Exception(sentence)
{
    /// <summary>What the process answers.</summary>
    internal int ExitCode { get; } = exitCode;
}
