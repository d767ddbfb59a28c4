namespace Foof.Cli;

/// <summary>A command cannot do what was asked: one sentence for the user, and the exit code.</summary>
/// <param name="sentence">What is wrong and what to do about it.</param>
/// <param name="exitCode">One of <see cref="Cli.ExitCode"/>.</param>
internal sealed class CommandFailure(string sentence, int exitCode = ExitCode.Failure) : Exception(sentence)
{
    /// <summary>What the process answers.</summary>
    internal int ExitCode { get; } = exitCode;
}

/// <summary>What the process answers its caller.</summary>
internal static class ExitCode
{
    /// <summary>All was done.</summary>
    internal const int Success = 0;

    /// <summary>It was understood and did not succeed.</summary>
    internal const int Failure = 1;

    /// <summary>The command line is wrong.</summary>
    internal const int Usage = 2;

    /// <summary>The user stopped it: 128 + SIGINT, as shells count.</summary>
    internal const int Stopped = 130;
}
