namespace Foof;

/// <summary>Files that are either wholly written or not at all.</summary>
internal static class WholeFile
{
    private static readonly string[] DeviceFolders = ["/dev/", "/proc/", "/sys/"];

    /// <summary>
    /// Writes beside <paramref name="path"/>, then renames; where that fails, the old file stays. A link is
    /// followed, and a device is written straight, since there is nothing to replace.
    /// </summary>
    internal static void Write(string path, Action<Stream> write)
    {
        var link = File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true) : null;
        var target = link?.FullName ?? Path.GetFullPath(path);
        if (IsDevice(target))
        {
            using var device = new FileStream(target, FileMode.Open, FileAccess.Write);
            write(device);
            return;
        }
        var temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Whether <paramref name="path"/> lies where the system keeps devices and its own state.</summary>
    internal static bool IsDevice(string path) =>
        DeviceFolders.Any(folder => Path.GetFullPath(path).StartsWith(folder, StringComparison.Ordinal));
}
