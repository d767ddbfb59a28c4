namespace TorchSharp.Modules;

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
        if (DeviceFolders.Any(folder => target.StartsWith(folder, StringComparison.Ordinal)))
        {
            using var device = new FileStream(target, FileMode.OpenOrCreate, FileAccess.Write);
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
}
