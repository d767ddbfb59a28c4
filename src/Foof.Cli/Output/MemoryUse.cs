using System.Diagnostics;

namespace Foof.Cli.Output;

/// <summary>The memory of this process.</summary>
internal static class MemoryUse
{
    private const double Megabyte = 1 << 20;

    /// <summary>The most that was resident at any time, in megabytes.</summary>
    internal static double PeakMegabytes
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return Math.Round(process.PeakWorkingSet64 / Megabyte, 1);
        }
    }
}
