namespace Foof.Cli;

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
