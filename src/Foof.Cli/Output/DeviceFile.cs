using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Foof.Cli.Output;

/// <summary>Devices in the place of files.</summary>
internal static partial class DeviceFile
{
    /// <summary>Raises if a device takes nothing: it is asked to take no bytes, which one that is full refuses.</summary>
    /// <exception cref="IOException">It takes nothing.</exception>
    internal static void Probe(string path)
    {
        using var device = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        if (write(device, [0], 0) < 0)
            throw new IOException(Marshal.GetLastPInvokeErrorMessage(), Marshal.GetLastPInvokeError());
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(SafeFileHandle file, ReadOnlySpan<byte> bytes, nuint count);
}
