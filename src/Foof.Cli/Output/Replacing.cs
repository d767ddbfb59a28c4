namespace Foof.Cli.Output;

/// <summary>What is said before a run takes the place of another one in its folder.</summary>
internal static class Replacing
{
    /// <summary>
    /// Names the folder, and the command that goes on with what is there, where the folder has a run's file.
    /// </summary>
    internal static void Note(Terminal terminal, string? folder, string file, string command)
    {
        if (folder is not null && File.Exists(Path.Combine(folder, file)))
            terminal.Error.WriteLine(
                $"Note: this run replaces the one in {folder}; ./foof {command} --resume {folder} goes on with that one."
            );
    }
}
