namespace Foof.Cli;

/// <summary>A command cannot do what was asked. The user gets one sentence, and the caller the exit code.</summary>
/// <param name="sentence">What is wrong and what to do about it.</param>
/// <param name="exitCode">One of <see cref="Cli.ExitCode"/>.</param>
internal sealed class CommandFailure(string sentence, int exitCode = ExitCode.Failure) : Exception(sentence)
{
    /// <summary>The exit code of the process.</summary>
    internal int ExitCode { get; } = exitCode;
}

/// <summary>The exit codes of the process.</summary>
internal static class ExitCode
{
    /// <summary>The command did everything that was asked.</summary>
    internal const int Success = 0;

    /// <summary>The command line is right, and the command did not succeed.</summary>
    internal const int Failure = 1;

    /// <summary>The command line is wrong.</summary>
    internal const int Usage = 2;

    /// <summary>The user stopped the command: 128 + SIGINT, the number that shells use.</summary>
    internal const int Stopped = 130;
}
