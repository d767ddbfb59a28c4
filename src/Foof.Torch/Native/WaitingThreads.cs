using System.Runtime.InteropServices;

namespace TorchSharp.Native;

/// <summary>How long a waiting thread of OpenMP spins before it sleeps.</summary>
/// <remarks>
/// GNU's OpenMP lets it spin for 300,000 rounds, some 15 ms, on a processor that other threads of the program could use.
/// A tenth of a training step is long enough for the gaps between operations. It reads its settings once, when it is loaded, so
/// this comes before libtorch. Whoever sets <c>GOMP_SPINCOUNT</c> or <c>OMP_WAIT_POLICY</c> knows better.
/// </remarks>
internal static partial class WaitingThreads
{
    private const string Rounds = "20000";

    internal static void Limit()
    {
        string[] settings = ["GOMP_SPINCOUNT", "OMP_WAIT_POLICY"];
        if (
            !OperatingSystem.IsLinux()
            || settings.Any(name => Environment.GetEnvironmentVariable(name) is not null)
        )
            return;
        // .NET keeps a copy of the environment, which native code does not see; the curvature library reads it.
        Environment.SetEnvironmentVariable(settings[0], Rounds);
        _ = SetVariable(settings[0], Rounds, 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int replace);
}
