using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Foof.Cli.Output;

/// <summary>The memory of this process.</summary>
internal static partial class MemoryUse
{
    private const double Megabyte = 1 << 20;
    private const string Status = "/proc/self/status";
    private const string PeakLine = "VmHWM:";

    /// <summary>The largest resident memory since the start or the last reset, in megabytes.</summary>
    internal static double PeakMegabytes
    {
        get
        {
            if (File.Exists(Status))
            {
                var line = File.ReadLines(Status)
                    .FirstOrDefault(line => line.StartsWith(PeakLine, StringComparison.Ordinal));
                if (line is not null)
                    return Math.Round(
                        double.Parse(
                            line[PeakLine.Length..].Replace("kB", "", StringComparison.Ordinal),
                            CultureInfo.InvariantCulture
                        ) / 1024,
                        1
                    );
            }
            using var process = Process.GetCurrentProcess();
            return Math.Round(process.PeakWorkingSet64 / Megabyte, 1);
        }
    }

    /// <summary>
    /// Resets the peak to the memory in use now; false if the system cannot do that. First, freed memory is returned
    /// to the system, since memory that is used again would not count.
    /// </summary>
    internal static bool ResetPeak()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GiveBackFreed();
        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void GiveBackFreed()
    {
        try
        {
            _ = malloc_trim(0);
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            // Only glibc has this function; other libraries decide themselves when they return memory.
        }
    }

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint bytesToKeep);
}
