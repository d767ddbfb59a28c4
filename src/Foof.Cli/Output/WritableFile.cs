namespace Foof.Cli.Output;

/// <summary>Finds out whether something can be written before the work that it is about.</summary>
internal static class WritableFile
{
    /// <summary>Makes the folder where it is missing and tries to write into it.</summary>
    internal static void CheckFolder(string option, string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            Probe(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(
                $"{option} must name a folder that can be written; {folder} is none{Reason(error)}: name another."
            );
        }
    }

    /// <summary>Makes the file's folder where it is missing, and tries to write beside the file, which is left alone.</summary>
    internal static void CheckFile(string option, string file)
    {
        if (Directory.Exists(file))
            throw new CommandFailure($"{option} must name a file; {file} is a folder.");
        if (AtomicFile.IsDevice(file) && File.Exists(file))
            return;
        try
        {
            var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
            Directory.CreateDirectory(folder);
            Probe(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(
                $"{option} must name a file that can be written; {file} is none{Reason(error)}: name another."
            );
        }
    }

    // The runtime's own sentences name files that the user never typed.
    private static string Reason(Exception error) =>
        error switch
        {
            UnauthorizedAccessException => " (no right to write there)",
            DirectoryNotFoundException or FileNotFoundException => " (its folder cannot be made)",
            _ => "",
        };

    private static void Probe(string folder)
    {
        var file = Path.Combine(folder, $".foof.{Guid.NewGuid():N}.tmp");
        using var probe = new FileStream(
            file,
            FileMode.CreateNew,
            FileAccess.Write,
            FileShare.None,
            1,
            FileOptions.DeleteOnClose
        );
    }
}
