using System.Diagnostics;
using System.Globalization;

namespace Foof.Cli.Output;

/// <summary>The memory of this process.</summary>
internal static class MemoryUse
{
    private const double Megabyte = 1 << 20;
    private const string Status = "/proc/self/status";
    private const string PeakLine = "VmHWM:";

    /// <summary>The most that was resident at any time, or since the last reset, in megabytes.</summary>
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

    /// <summary>Lets the peak begin anew from what is resident now; false where the system cannot.</summary>
    internal static bool ResetPeak()
    {
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
}
