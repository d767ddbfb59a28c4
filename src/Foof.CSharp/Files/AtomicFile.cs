using TorchSharp.Modules;

namespace Foof;

/// <summary>Files that are either wholly written or not at all.</summary>
/// <example>
/// <code>AtomicFile.Write("notes.txt", stream => stream.Write("done"u8));</code>
/// </example>
public static class AtomicFile
{
    /// <summary>
    /// Writes a temporary file beside <paramref name="path"/>, flushes it to the disk, and renames it to
    /// <paramref name="path"/>. Where anything fails, the old file stays and the temporary one is removed.
    /// </summary>
    /// <remarks>A link is followed. A device is written straight: there is nothing to replace.</remarks>
    /// <param name="path">The file to make or to replace; its folder exists.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="IOException">The file cannot be written; the old one stays.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        WholeFile.Write(path, write);
    }

    /// <summary>Whether <paramref name="path"/> lies where the system keeps devices and its own state.</summary>
    public static bool IsDevice(string path) => WholeFile.IsDevice(path);
}
