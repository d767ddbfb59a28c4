namespace Foof.Cli.Output;

/// <summary>What is said before a run takes the place of another one in its folder.</summary>
internal static class Replacing
{
    /// <summary>Names the folder, and the command that goes on with what is there.</summary>
    internal static string Note(string folder, string command) =>
        $"Note: this run replaces the one in {folder}; ./foof {command} --resume {folder} goes on with that one.";
}
