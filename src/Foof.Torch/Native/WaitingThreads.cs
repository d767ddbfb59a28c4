namespace TorchSharp.Native;

/// <summary>How long a waiting thread of OpenMP spins before it sleeps.</summary>
/// <remarks>
/// GNU's OpenMP lets it spin for 300,000 rounds, some 15 ms, on a processor that other threads of the program could use.
/// A tenth of a training step is long enough for the gaps between operations. It reads its settings once, when it is loaded, so
/// this comes before libtorch. Whoever sets <c>GOMP_SPINCOUNT</c> or <c>OMP_WAIT_POLICY</c> knows better.
/// </remarks>
internal static class WaitingThreads
{
    private const string Setting = "GOMP_SPINCOUNT";
    private const string Rounds = "20000";

    // The curvature library reads the setting, too.
    internal static void Limit()
    {
        if (OperatingSystem.IsLinux() && !ProcessEnvironment.HasAny(Setting, "OMP_WAIT_POLICY"))
            ProcessEnvironment.Set(Setting, Rounds);
    }
}
