namespace Foof;

/// <summary>Writes files completely or not at all.</summary>
internal static class AtomicFile
{
    private static readonly string[] DeviceFolders = ["/dev/", "/proc/", "/sys/"];

    /// <summary>
    /// Writes a temporary file beside <paramref name="path"/>, flushes it to the disk, and renames it to
    /// <paramref name="path"/>. If anything fails, the old file remains and the temporary one is removed.
    /// </summary>
    /// <remarks>Links are followed. A device is written directly, since it cannot be replaced.</remarks>
    /// <param name="path">The file to make or to replace; its folder must exist.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="IOException">The file cannot be written; the old one remains.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    internal static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        var target = Target(path);
        if (IsDevice(target))
        {
            using var device = new FileStream(target, FileMode.Open, FileAccess.Write);
            write(device);
        }
        else if (Directory.Exists(Path.GetDirectoryName(target)))
            Replace(target, write);
        else
            throw new DirectoryNotFoundException(
                $"'{path}' cannot be written, since its folder does not exist: make the folder first."
            );
    }

    /// <summary>The full path of the file that is written, behind all links but those of the system.</summary>
    internal static string Target(string path)
    {
        var link = File.Exists(path) && !IsDevice(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true) : null;
        return link?.FullName ?? Path.GetFullPath(path);
    }

    /// <summary>
    /// Whether <paramref name="path"/> is in a folder in which the system keeps devices and its own state.
    /// </summary>
    internal static bool IsDevice(string path) =>
        DeviceFolders.Any(folder => Path.GetFullPath(path).StartsWith(folder, StringComparison.Ordinal));

    private static void Replace(string target, Action<Stream> write)
    {
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
}
